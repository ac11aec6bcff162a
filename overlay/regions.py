"""Connected regions of what the network sees as laid over a photo or printed on what it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import RecordedRegion
from line.picture import Rgb
from models.contract import OverlayMaps
from overlay import policy

Plane = NDArray[np.float32]
Pixels = NDArray[np.bool_]
Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class OverlayRegion:
    """One region.

    Attributes:
        window: rows and columns of the maps.
        pixels: [h, w] bool there, its own pixels.
        quad: [4, 2] float32, x and y of its corners in pixels of the photo, clockwise from top left.
        features: what its probability follows from (``policy.FEATURES``).
        opacity: 75th percentile of the opacity of its overlaid pixels, 0..1.
        area: share of the photo that its box covers, 0..1.
        is_graphic: whether it looks like a sign or picture rather than letters.
        contrast: median distance of its pixels from the ground beside (levels over RGB).
    """

    window: Window
    pixels: Pixels
    quad: NDArray[np.float32]
    features: NDArray[np.float64]
    opacity: float
    area: float
    is_graphic: bool
    contrast: float

    @property
    def is_faint(self) -> bool:
        """Whether it is like a watermark: see-through, or hardly different from its ground."""
        return self.opacity < policy.FAINT_OPACITY or self.contrast < policy.FAINT_CONTRAST

    @cached_property
    def probability(self) -> float:
        """Of having been laid over the photo, 0..1, calibrated on photos that the network never saw."""
        return policy.probability(self.features)

    def box(self, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
        """Left, top, right, bottom as shares of a photo of ``shape``."""
        corners = np.clip(self.quad / np.array(shape[1::-1], np.float32), 0, 1)
        left, top, right, bottom = (float(value) for value in (*corners.min(axis=0), *corners.max(axis=0)))
        return left, top, right, bottom

    def colour(self, rgb: Rgb) -> NDArray[np.float32]:
        """[3] RGB in levels: of its pixels on ``rgb`` [H, W, 3] those that are farthest from their ground's colour."""
        (left, top), (right, bottom) = np.floor(self.quad[0]).astype(int), np.ceil(self.quad[2]).astype(int)
        part = rgb[top : bottom + 1, left : right + 1].reshape(-1, 3).astype(np.float32)
        size = (min(right + 1, rgb.shape[1]) - left, min(bottom + 1, rgb.shape[0]) - top)
        rows, columns = np.nonzero(self.pixels)
        region_pixels = self.pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(
            np.uint8
        )
        inside = cv2.resize(region_pixels, size, interpolation=cv2.INTER_NEAREST).ravel() > 0
        ground = np.median(part if inside.all() else part[~inside], axis=0)
        distance = np.linalg.norm(part[inside] - ground, axis=1)
        return np.asarray(
            np.median(part[inside][distance >= np.percentile(distance, 75)], axis=0), np.float32
        )

    def to_record(self, shape: tuple[int, ...], template: int | None = None) -> RecordedRegion:
        """As the records keep it, with the template that decided it."""
        left, top, right, bottom = (round(share, 4) for share in self.box(shape))
        record = RecordedRegion(
            quad=tuple((int(x), int(y)) for x, y in np.rint(self.quad)),
            score=round(float(1 / (1 + np.exp(-self.features[0]))), 3),
            overlay=round(self.probability, 3),
            box=(left, top, right, bottom),
            opacity=round(self.opacity, 2),
            kind="graphic" if self.is_graphic else "text",
        )
        return record if template is None else record.model_copy(update={"template": template})


def find_regions(maps: OverlayMaps, rgb: Rgb) -> list[OverlayRegion]:
    """The regions of ``rgb`` [H, W, 3] uint8, from top to bottom."""
    cover = np.maximum(maps.ink, maps.panel)
    small = cv2.resize(rgb, maps.ink.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    overlaid = [_region(maps, small, *part) for part in _components(cover)]
    printed = np.where(cover > policy.REGION_FROM, 0, maps.imprint)
    prints = [_region(maps, small, *part) for part in _components(printed)]
    return sorted((*overlaid, *prints), key=lambda region: tuple(region.quad.min(axis=0)[::-1].tolist()))


def _components(plane: Plane) -> Iterator[tuple[Window, Pixels]]:
    """Window and pixels of what hangs together in ``plane`` and is certain somewhere."""
    low = (plane > policy.REGION_FROM).astype(np.uint8)
    joined = cv2.dilate(low, np.ones(policy.LETTER_GAP[::-1], np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    for number in range(1, count):
        left, top, wide, high = (int(side) for side in stats[number, :4])
        window = np.s_[top : top + high, left : left + wide]
        pixels = (labels[window] == number) & (low[window] > 0)
        if pixels.sum() >= policy.MIN_PIXELS and plane[window][pixels].max() >= policy.PEAK_FROM:
            yield window, pixels


def _region(maps: OverlayMaps, small: Plane, window: Window, pixels: Pixels) -> OverlayRegion:
    """A region's figures; ``small`` [h, w, 3] float32 is the photo at the maps' scale."""
    ink, panel, imprint, opacity = (
        each[window][pixels] for each in (maps.ink, maps.panel, maps.imprint, maps.opacity)
    )
    strongest = np.sort(ink)[-max(policy.MIN_PIXELS, len(ink) // 3) :].mean()
    contrast = _contrast(small, window, pixels)
    features = np.array(
        [
            _log_odds(strongest),
            _log_odds(np.median(ink)),
            _log_odds(panel.mean()),
            _log_odds(imprint.mean()),
            np.log(len(ink)),
            np.log(len(ink) / pixels.size),
            opacity.mean(),
            np.log(min(contrast, 255.0) + 1),
        ],
        np.float64,
    )
    quad = _quad(window, pixels) / np.float32(maps.scale)
    box = np.ptp(quad, axis=0)
    return OverlayRegion(
        window, pixels, quad, features,
        opacity=float(np.percentile(opacity, policy.OPACITY_PERCENTILE)),
        area=float(box.prod() * maps.scale**2 / maps.ink.size),
        is_graphic=_is_graphic(maps.ink[window], pixels),
        contrast=contrast,
    )  # fmt: skip


def _log_odds(share: float | np.floating[Any]) -> float:
    return float(np.log((share + policy.MIN_ODDS) / (1 - share + policy.MIN_ODDS)))


def _quad(window: Window, pixels: Pixels) -> NDArray[np.float32]:
    """Corners of the upright box in pixels of the maps, clockwise from top left."""
    points = np.argwhere(pixels)[:, ::-1] + (window[1].start, window[0].start)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0) + 1
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def _is_graphic(ink: Plane, pixels: Pixels) -> bool:
    """Whether the ink is solid: letters are thin against their height."""
    solid = ((ink > policy.PEAK_FROM) & pixels).astype(np.uint8)
    if not solid.any():
        return False
    depth = cv2.distanceTransform(cv2.copyMakeBorder(solid, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3)
    return bool(depth.max() > policy.GRAPHIC_DEPTH * min(pixels.shape))


def _contrast(small: Plane, window: Window, pixels: Pixels) -> float:
    """Median distance of a region's pixels from the median colour of the ground around it (levels over RGB)."""
    outer = tuple(
        slice(max(0, side.start - policy.GROUND_WIDTH), min(length, side.stop + policy.GROUND_WIDTH))
        for side, length in zip(window, small.shape[:2], strict=True)
    )
    inside = np.zeros(small.shape[:2], np.uint8)
    inside[window] = pixels
    free = cv2.dilate(inside[outer], np.ones((3, 3), np.uint8)) == 0
    if not free.any():
        return np.inf
    ground = np.median(small[outer][free], axis=0)
    return float(np.median(np.linalg.norm(small[window][pixels] - ground, axis=1)))
