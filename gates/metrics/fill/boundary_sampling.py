"""Where a fill and its surroundings are sampled."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.texture.grain import grain
from gates.patch import Bools, Floats, Greys, Patch
from line.picture import Mask, Rgb

Points: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns in the planes."""

MAX_POINTS = 800
"""Maximum points along an edge, or pairs of points; evenly spread."""
MIN_DISTANCE = 4
"""Minimum distance from the mask for surroundings (pixels): beyond blur and JPEG ringing."""
STRIDE = 3.5
"""Pixels between one curve of samples and the next, beside the feather's width."""
SPARE = 8
"""Pixels beyond a patch's margin that are sampled; points beyond them are left out."""
SMOOTH = 7
"""Side in pixels of the window over which the strength of a band is averaged."""


@dataclass(eq=False)
class Planes:
    """What is sampled: the result around a patch, in a crop a little wider than its own.

    Attributes:
        rgb: [h, w, 3] uint8 the result.
        mask: [h, w] uint8.
        corner: row and column of the patch's corner in the crop.
    """

    rgb: Rgb
    mask: Mask
    corner: tuple[int, int]

    @cached_property
    def colour(self) -> Floats:
        """[h, w, 3] float32 luma and the two colour differences, 0..255, over 3 × 3 pixels."""
        return cast(Floats, cv2.boxFilter(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2YCrCb), cv2.CV_32F, (3, 3)))

    @cached_property
    def strength(self) -> Floats:
        """[h, w, 3] float32 local mean of the square root of the strength of three bands, fine to coarse."""
        grey = cast(Greys, cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY))
        means = [cv2.boxFilter(grey, cv2.CV_32F, (side, side)) for side in (3, 7, 15)]
        bands = cv2.merge([grain(grey), cv2.absdiff(*means[:2]), cv2.absdiff(*means[1:])])
        return cast(Floats, cv2.boxFilter(cv2.sqrt(bands, dst=bands), cv2.CV_32F, (SMOOTH, SMOOTH)))


CURVES = ("rim", "fill", "deep", "near", "far", "further")
"""Curves along a mask's edge, from within the fill to the outside."""
INNER_DEPTHS = (1.0, 2.5, 5.0)
"""Depths of the inner curves in the opaque fill (pixels)."""
PASSING = ("rim", "fill", "near", "far")
"""Those along which differences are taken."""
HALF = 1.5
"""Pixels along the edge to each side, over which a difference along it is taken."""


@dataclass(frozen=True, eq=False)
class Probe:
    """One masked area as points.

    Attributes:
        x, y: [N] float32, the untouched pixels next to the mask.
        away_x, away_y: [N] float32, the direction away from the mask there, of length 1.
        gap: pixels between the solid fill and the untouched picture.
        inner: [M] pixels of the solid fill.
        outer: [M] for each of these the nearest of the surroundings.
    """

    x: Floats
    y: Floats
    away_x: Floats
    away_y: Floats
    gap: float
    inner: Points
    outer: Points

    @cached_property
    def curves(self) -> Points:
        """[6, N] rows and columns of the pixels on each of :data:`CURVES`."""
        return self._at([(away, 0.0) for away in self._distances.values()])

    @cached_property
    def passing(self) -> Points:
        """[2, 4, N] rows and columns ahead of and behind each point on each of :data:`PASSING`."""
        rows, columns = self._at([(self._distances[name], by) for by in (HALF, -HALF) for name in PASSING])
        return rows.reshape(2, len(PASSING), -1), columns.reshape(2, len(PASSING), -1)

    @property
    def _distances(self) -> dict[str, float]:
        """Pixels from the mask's edge to each of :data:`CURVES`; negative is inside.

        The inner curves begin behind the feather, where the fill is opaque. The outer ones are a feather's width and
        :data:`STRIDE` apart, as far as the first is from the fill, so that steps across the edge and beyond it compare.
        """
        stride = self.gap + STRIDE
        inside = [-(self.gap + depth) for depth in INNER_DEPTHS]
        outside = [1 + turn * stride for turn in range(3)]
        return dict(zip(CURVES, inside + outside, strict=True))

    def _at(self, ways: list[tuple[float, float]]) -> Points:
        """[ways, N] the pixels so many pixels away from the mask's edge and along it."""
        away, along = (np.array(part, np.float32)[:, None] for part in zip(*ways, strict=True))
        rows = np.rint(self.y + self.away_y * away + self.away_x * along).astype(np.int64)
        columns = np.rint(self.x + self.away_x * away - self.away_y * along).astype(np.int64)
        return rows, columns


def planes_around(patch: Patch, after: Rgb, mask: Mask) -> Planes:
    """What is sampled around a patch of the result [H, W, 3] and its mask [H, W]."""
    left, top, wide, tall = patch.box
    above, beside = min(top, SPARE), min(left, SPARE)
    area = np.s_[top - above : top + tall + SPARE, left - beside : left + wide + SPARE]
    return Planes(after[area], mask[area], (above, beside))


def visible_on_curves(planes: Planes, probe: Probe) -> Bools:
    """[N] which points along the edge are sampled on all of :data:`CURVES`: the inner ones in the fill, the others on
    unchanged pixels."""
    inside, mask = _masked(planes, probe.curves)
    fits = mask == 0
    fits[:2] = mask[:2] >= 128
    fits[2] = True
    return cast(Bools, (inside & fits).all(axis=0))


def visible(planes: Planes, spot: Points, *, solid: bool) -> Bools:
    """Which points lie in the planes and, as asked, in the solid fill or where nothing was changed."""
    inside, mask = _masked(planes, spot)
    return inside & ((mask >= 128) if solid else (mask == 0))


def clipped(planes: Planes, spot: Points) -> Points:
    height, width = planes.mask.shape
    return np.clip(spot[0], 0, height - 1), np.clip(spot[1], 0, width - 1)


def _masked(planes: Planes, spot: Points) -> tuple[Bools, Mask]:
    """Which points lie in the planes, and the mask there."""
    rows, columns = clipped(planes, spot)
    return cast(Bools, (rows == spot[0]) & (columns == spot[1])), planes.mask[rows, columns]


def probe_of(patch: Patch, planes: Planes) -> Probe:
    """The points of ``patch`` in the planes around it."""
    top, left = planes.corner
    gap = feather_width(patch)
    edge = mask_edge(patch)
    every = np.s_[:: max(1, len(edge[0]) // MAX_POINTS)]
    x, y, away_x, away_y = (part[every] for part in edge)
    inner, outer = _pairs(patch)
    return Probe(
        x + left, y + top, away_x, away_y, gap,
        (inner[0] + top, inner[1] + left), (outer[0] + top, outer[1] + left),
    )  # fmt: skip


def feather_width(patch: Patch) -> float:
    """Pixels between the solid fill and the untouched picture."""
    blended = patch.inside & ~patch.solid
    if not blended.any():
        return 0.0
    return 2 * float(blended.sum()) / max(1.0, float(_edge_length(patch.inside) + _edge_length(patch.solid)))


def _edge_length(area: Bools) -> int:
    plane = area.astype(np.uint8)
    return int(cast(NDArray[np.uint8], plane - cv2.erode(plane, np.ones((3, 3), np.uint8))).sum())


def mask_edge(patch: Patch) -> tuple[Floats, Floats, Floats, Floats]:
    """x and y of the untouched pixels next to the mask, and the direction away from it, of length 1."""
    within = cv2.distanceTransform(patch.inside.astype(np.uint8), cv2.DIST_L2, 5)
    signed = cv2.blur(cv2.blur(patch.distance - within, (5, 5)), (5, 5))
    rows, columns = np.nonzero((patch.distance > 0) & (patch.distance <= 1.2))
    dx, dy = (cv2.Sobel(signed, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1)))
    length = np.hypot(dx, dy) + np.float32(1e-6)
    return columns.astype(np.float32), rows.astype(np.float32), dx / length, dy / length


def _pairs(patch: Patch) -> tuple[Points, Points]:
    """Pixels within the fill, and for each the nearest pixel of the surroundings."""
    core = cv2.erode(patch.solid.astype(np.uint8), np.ones((3, 3), np.uint8))
    is_close = patch.distance <= MIN_DISTANCE
    beyond = np.flatnonzero(~is_close)
    rows, columns = np.nonzero(core)
    if not len(beyond) or not len(rows):
        none = (np.zeros(0, np.int64), np.zeros(0, np.int64))
        return none, none
    _, labels = cv2.distanceTransformWithLabels(
        is_close.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # a label stands for one pixel that is far enough from the mask
    lookup = np.zeros(int(labels.max()) + 1, np.int64)
    lookup[labels.ravel()[beyond]] = beyond
    every = np.s_[:: max(1, len(rows) // MAX_POINTS)]
    rows, columns = rows[every], columns[every]
    there = np.divmod(lookup[labels[rows, columns]], is_close.shape[1])
    return (rows, columns), there
