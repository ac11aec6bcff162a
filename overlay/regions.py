"""Connected regions of what the network sees as laid over a photo or printed on what it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import RecordedRegion
from line.picture import Rgb
from models.contract import OverlayMaps
from overlay import policy

GROUND = 4
"""Width of the ground beside a region by which its contrast is measured (pixels of the maps)."""

Plane = NDArray[np.float32]
Pixels = NDArray[np.bool_]
Window = tuple[slice, slice]

JOINED = (9, 5)
"""Width and height of the gap that is closed between the letters of one region (pixels of the maps)."""


@dataclass(frozen=True, eq=False)
class OverlayRegion:
    """One region.

    Attributes:
        window: rows and columns of the maps.
        pixels: [h, w] bool there, its own pixels.
        quad: [4, 2] float32, x and y of its corners in pixels of the photo, clockwise from top left.
        features: what its probability follows from (``policy.FEATURES``).
        opacity: median opacity of its overlaid pixels, 0..1.
        area: share of the photo that its box covers, 0..1.
        unclear: share of its panel of which the network is not certain, 0..1.
        is_graphic: whether it looks like a sign or picture rather than letters.
        contrast: median distance of its pixels from the ground beside (levels over RGB).
    """

    window: Window
    pixels: Pixels
    quad: NDArray[np.float32]
    features: NDArray[np.float64]
    opacity: float
    area: float
    unclear: float
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

    def to_record(self, shape: tuple[int, ...], template: int | None = None) -> RecordedRegion:
        """As the records keep it, with the template that decided it."""
        left, top, right, bottom = (round(share, 4) for share in self.box(shape))
        record = RecordedRegion(
            quad=tuple((int(x), int(y)) for x, y in np.rint(self.quad)),
            score=round(float(self.features[0]), 3),
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
    joined = cv2.dilate(low, np.ones(JOINED[::-1], np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    for number in range(1, count):
        left, top, wide, high = (int(side) for side in stats[number, :4])
        window = np.s_[top : top + high, left : left + wide]
        pixels = (labels[window] == number) & (low[window] > 0)
        if pixels.sum() >= policy.MIN_PIXELS and plane[window][pixels].max() >= policy.PEAK_FROM:
            yield window, pixels


def _region(maps: OverlayMaps, small: Plane, window: Window, pixels: Pixels) -> OverlayRegion:
    """A region's figures; ``small`` [h, w, 3] float32 is the photo at the maps' scale."""
    ink, panel, imprint = (each[window][pixels] for each in (maps.ink, maps.panel, maps.imprint))
    strongest = np.sort(ink)[-max(policy.MIN_PIXELS, len(ink) // 3) :].mean()
    features = np.array(
        [strongest, panel.mean(), imprint.mean(), np.log(len(ink)), np.log(len(ink) / pixels.size)],
        np.float64,
    )
    quad = _quad(window, pixels, maps.scale)
    box = np.ptp(quad, axis=0)
    is_panel = panel > policy.PEAK_FROM
    unclear = (
        float(np.mean(panel[panel > policy.REGION_FROM] < policy.CERTAIN_FROM)) if is_panel.any() else 0.0
    )
    return OverlayRegion(
        window, pixels, quad, features,
        opacity=float(np.median(maps.opacity[window][pixels])),
        area=float(box.prod() * maps.scale**2 / maps.ink.size),
        unclear=unclear,
        is_graphic=_is_graphic(maps.ink[window], pixels),
        contrast=_contrast(small, window, pixels),
    )  # fmt: skip


def _quad(window: Window, pixels: Pixels, scale: float) -> NDArray[np.float32]:
    """Corners in pixels of the photo: upright, or turned where the region plainly is."""
    points = (np.argwhere(pixels)[:, ::-1] + (window[1].start, window[0].start)).astype(np.float32)
    low, high = points.min(axis=0), points.max(axis=0) + 1
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    middle, size, angle = cv2.minAreaRect(points)
    level = min(angle % 90, 90 - angle % 90) < policy.LEVEL_DEGREES
    if not level and size[0] * size[1] < policy.TURNED_SHARE * float(np.prod(high - low)):
        turned = cv2.boxPoints((middle, size, angle))
        start = int(np.argmin(turned.sum(axis=1)))
        corners = np.roll(turned, -start, axis=0).astype(np.float32)
    return np.asarray(corners / scale, np.float32)


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
        slice(max(0, side.start - GROUND), min(length, side.stop + GROUND))
        for side, length in zip(window, small.shape[:2], strict=True)
    )
    inside = np.zeros(small.shape[:2], np.uint8)
    inside[window] = pixels
    free = cv2.dilate(inside[outer], np.ones((3, 3), np.uint8)) == 0
    if not free.any():
        return np.inf
    ground = np.median(small[outer][free], axis=0)
    return float(np.median(np.linalg.norm(small[window][pixels] - ground, axis=1)))
