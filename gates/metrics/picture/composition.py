"""Composition: position of the subject in the frame and colour of the background."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.picture.area import area_means
from gates.patch import Bools, Floats
from line.picture import Rgb

Finder: TypeAlias = Callable[[Rgb], NDArray[np.float32]]
"""Map of the subject, [h, w] float32 0..1, of a [h, w, 3] uint8 picture."""

GRID = 64
"""Number of cells along the longer side: fine enough for the subject's outline, too coarse for texture."""
MAX_GROUND_DIFFERENCE = 12.0
"""Maximum difference (grey levels, any channel) between the background colour and a background cell."""
MIN_SUBJECT_DIFFERENCE = 30.0
"""Minimum difference (grey levels, any channel) from the background for a cell that is certainly subject."""
MIN_PLAIN_BORDER = 0.6
"""Minimum share of the border in one colour for a plain background; the product may touch the border."""
MIN_SUBJECT_AREA = 0.002
"""Minimum area of a subject (share of the picture); smaller objects count as dust."""
FINDER_SIDE = 320
"""Maximum longer side (pixels) of a picture in which the subject is searched."""
MIN_SUBJECT_SHARE = 0.5
"""Minimum share of a cell that a finder takes for the subject, for a subject cell."""
MIN_CERTAIN_SHARE = 0.9
"""The same for a cell that is certainly subject."""
MIN_CUT = 0.03
"""Minimum share of a side that the subject covers for a cut subject; two of 64 cells."""
MIN_CELL_CHANGE = 12.0
"""Minimum change of a cell (grey levels, any channel) that may cut or lose the subject: a finder's mask may differ
between two nearly equal pictures."""
MIN_WHITE = 250.0
"""Minimum level of every channel for white: JPEG changes 255 by a few levels."""
MAX_WHITE_CHANGE = 3.0
"""Maximum invisible change of a white background (grey levels)."""
MIN_LUMA_SPREAD = 1.0
"""Minimum standard deviation of luma (grey levels) for a measurable shift."""


@dataclass(frozen=True, eq=False)
class Composition:
    """One picture on a coarse grid.

    Attributes:
        cells: [h, w, 3] float32 mean colour of each cell, RGB, 0..255.
        ground: [3] float32 colour of the plain background; None if the background is not plain.
        saliency: [h, w] float32 share of each cell that a subject finder takes for the subject, 0..1; None without one.
    """

    cells: Floats
    ground: Floats | None
    saliency: Floats | None = None

    @cached_property
    def ground_difference(self) -> Floats:
        """[h, w] float32, greatest channel difference from the background in grey levels; infinite without one."""
        if self.ground is None:
            return np.full(self.cells.shape[:2], np.inf, np.float32)
        return cast(Floats, np.abs(self.cells - self.ground).max(axis=2))

    @cached_property
    def certain_subject(self) -> Bools:
        """[h, w] bool, subject without its outline and without soft shadows, which may count as either."""
        inner = self.subject if self.saliency is None else self.saliency >= MIN_CERTAIN_SHARE
        return inner & (self.ground_difference >= MIN_SUBJECT_DIFFERENCE)

    @cached_property
    def subject(self) -> Bools:
        """[h, w] bool, cells that a finder takes for the subject.

        Without a finder, cells that are not connected with the border by background; all cells without a background.
        Enclosed cells of the background's colour belong to the subject. Specks do not.
        """
        if self.saliency is not None:
            return self.saliency >= MIN_SUBJECT_SHARE
        if self.ground is None:
            return np.ones(self.cells.shape[:2], bool)
        similar = (self.ground_difference < MAX_GROUND_DIFFERENCE).astype(np.uint8)
        count, components = cv2.connectedComponents(similar, connectivity=4)
        outer = np.zeros(count, bool)
        outer[_border(components)] = True
        outer[0] = False  # component 0: cells that differ from the background
        _, labels, stats, _ = cv2.connectedComponentsWithStats((~outer[components]).astype(np.uint8))
        large = stats[:, cv2.CC_STAT_AREA] >= MIN_SUBJECT_AREA * labels.size
        large[0] = False
        return cast(Bools, large[labels])

    @property
    def white_ground(self) -> float:
        """Share of the ground that is white, 0..1, without the cells around the subject; 0 if there is no ground."""
        ground = cv2.dilate(self.subject.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
        return float((self.cells[ground].min(axis=1) >= MIN_WHITE).mean()) if ground.any() else 0.0

    @property
    def subject_share(self) -> float:
        """Share of the frame's area that the subject covers, 0..1."""
        return float(self.subject.mean())

    @property
    def margins(self) -> tuple[float, float, float, float]:
        """Shares of width or height that stay free left, above, right and below of the subject; all 0 without one."""
        across, down = (np.flatnonzero(self.subject.any(axis=axis)) for axis in (0, 1))
        if not len(across):
            return (0.0, 0.0, 0.0, 0.0)
        rows, columns = self.subject.shape
        left, right = across[0] / columns, 1 - (across[-1] + 1) / columns
        return float(left), float(down[0] / rows), float(right), float(1 - (down[-1] + 1) / rows)

    @property
    def subject_fill(self) -> float:
        """Larger of the shares of the frame's width and height that the subject spans, 0..1."""
        if not self.subject.any():
            return 0.0
        left, top, right, bottom = self.margins
        return max(1 - left - right, 1 - top - bottom)

    @property
    def border_touched(self) -> float:
        """Share of the border that the subject covers, 0..1."""
        return float(_border(self.subject).mean())

    @property
    def sides_cut(self) -> int:
        """Number of sides along which the subject covers at least ``MIN_CUT`` of the side."""
        sides = (self.subject[0], self.subject[-1], self.subject[:, 0], self.subject[:, -1])
        return sum(float(side.mean()) >= MIN_CUT for side in sides)


def composition_of(rgb: Rgb, find: Finder | None = None) -> Composition:
    """The composition of one [H, W, 3] uint8 picture, with its own background."""
    return compositions(rgb, rgb, find)[0]


def compositions(before: Rgb, after: Rgb, find: Finder | None = None) -> tuple[Composition, Composition]:
    """Compositions of two [H, W, 3] uint8 pictures, both with the grid and the background of the first.

    Args:
        find: map of the subject [h, w] float32, 0..1, of a picture; called on copies of at most ``FINDER_SIDE``, and
            on the second picture only if a cell of it changed.
    """
    height, width = before.shape[:2]
    scale = min(1.0, GRID / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    one, other = (area_means(rgb, size) for rgb in (before, after))
    ground = plain_ground(one)
    first, second = Composition(one, ground, _saliency(before, size, find)), Composition(other, ground)
    if find is None:
        return first, second
    is_changed = _changed(first, second).any()
    return first, replace(second, saliency=_saliency(after, size, find) if is_changed else first.saliency)


def _saliency(rgb: Rgb, size: tuple[int, int], find: Finder | None) -> Floats | None:
    if find is None:
        return None
    scale = min(1.0, FINDER_SIDE / max(rgb.shape[:2]))
    wished = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    small = rgb if scale == 1 else np.asarray(cv2.resize(rgb, wished, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(find(small), size, interpolation=cv2.INTER_AREA), np.float32)


def plain_ground(cells: Floats) -> Floats | None:
    """[3] float32 colour shared by most of the border of [h, w, 3] cells, or None.

    The border represents the background, as in Wei, Wen, Zhu and Sun, "Geodesic saliency using background
    priors", 2012.
    """
    border = _border(cells)
    ground = np.median(border, axis=0).astype(np.float32)
    return (
        ground
        if (np.abs(border - ground).max(axis=1) < MAX_GROUND_DIFFERENCE).mean() >= MIN_PLAIN_BORDER
        else None
    )


def content_shift(before: Composition, after: Composition) -> float:
    """Distance that the content moved, as a share of the longer side.

    The peak of the phase correlation of both lumas under a Hann window, to a fraction of a cell (Kuglin and Hines,
    "The phase correlation image alignment method", 1975); 0 for pictures without structure.
    """
    planes = [cv2.cvtColor(composition.cells, cv2.COLOR_RGB2GRAY) for composition in (before, after)]
    if min(planes[0].shape) < 8 or min(float(plane.std()) for plane in planes) < MIN_LUMA_SPREAD:
        return 0.0
    height, width = planes[0].shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    # squares with even sides: with odd sides OpenCV's centre is off by half a cell
    squares = np.zeros((2, GRID, GRID), np.float32)
    for square, plane in zip(squares, planes, strict=True):
        square[:height, :width] = (plane - plane.mean()) * window
    (x, y), _ = cv2.phaseCorrelate(*squares)
    return float(np.hypot(x, y) / max(height, width))


def cropped_share(before: Composition, after: Composition) -> float:
    """Share of the border, 0..1, that was background before and shows the subject after."""
    shown = ~before.subject & after.certain_subject & _changed(before, after)
    return float(_border(shown).mean())


def lost_share(before: Composition, after: Composition) -> float:
    """Share of the subject, 0..1, that became background."""
    lost = before.certain_subject & ~after.subject & _changed(before, after)
    return float(lost.sum() / max(1, before.certain_subject.sum()))


def greyed_share(before: Composition, after: Composition) -> float:
    """Share of the border, 0..1, that was white before and is not after."""
    old, new = (_border(composition.cells).min(axis=1) for composition in (before, after))
    return float(((old >= MIN_WHITE) & (new < MIN_WHITE - MAX_WHITE_CHANGE)).mean())


def _changed(before: Composition, after: Composition) -> Bools:
    """[h, w] bool, cells whose colour changed."""
    return cast(Bools, np.abs(before.cells - after.cells).max(axis=2) >= MIN_CELL_CHANGE)


def _border(plane: NDArray[Any]) -> NDArray[Any]:
    """[N, ...] outermost cells of a [h, w, ...] grid."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
