"""Composition: position of the subject in the frame and colour of the background."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.picture.area import area_means
from gates.patch import Bools, Floats
from line.picture import Rgb

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
    """

    cells: Floats
    ground: Floats | None

    @cached_property
    def ground_difference(self) -> Floats:
        """[h, w] float32, greatest channel difference from the background in grey levels; infinite without one."""
        if self.ground is None:
            return np.full(self.cells.shape[:2], np.inf, np.float32)
        return cast(Floats, np.abs(self.cells - self.ground).max(axis=2))

    @cached_property
    def certain_subject(self) -> Bools:
        """[h, w] bool, subject without soft shadows, which may count as either."""
        return self.subject & (self.ground_difference >= MIN_SUBJECT_DIFFERENCE)

    @cached_property
    def subject(self) -> Bools:
        """[h, w] bool, cells that are not connected with the border by background; all cells without a background.

        Enclosed cells of the background's colour belong to the subject. Specks do not.
        """
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
        """Share of the border that is white, 0..1."""
        return float((_border(self.cells).min(axis=1) >= MIN_WHITE).mean())

    @property
    def frame_fill(self) -> float:
        """Larger of the shares of the frame's width and height that the subject spans, 0..1."""
        return max(
            _span(np.flatnonzero(self.subject.any(axis=axis)), self.subject.shape[1 - axis])
            for axis in (0, 1)
        )

    @property
    def border_touched(self) -> float:
        """Share of the border that the subject covers, 0..1."""
        return float(_border(self.subject).mean())


def compositions(before: Rgb, after: Rgb) -> tuple[Composition, Composition]:
    """Compositions of two [H, W, 3] uint8 pictures, both with the grid and the background of the first."""
    height, width = before.shape[:2]
    scale = min(1.0, GRID / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    one, other = (area_means(rgb, size) for rgb in (before, after))
    ground = plain_ground(one)
    return Composition(one, ground), Composition(other, ground)


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
    return float((~_border(before.subject) & _border(after.certain_subject)).mean())


def lost_share(before: Composition, after: Composition) -> float:
    """Share of the subject, 0..1, that became background."""
    lost = before.certain_subject & ~after.subject
    return float(lost.sum() / max(1, before.certain_subject.sum()))


def greyed_share(before: Composition, after: Composition) -> float:
    """Share of the border, 0..1, that was white before and is not after."""
    old, new = (_border(composition.cells).min(axis=1) for composition in (before, after))
    return float(((old >= MIN_WHITE) & (new < MIN_WHITE - MAX_WHITE_CHANGE)).mean())


def _border(plane: NDArray[Any]) -> NDArray[Any]:
    """[N, ...] outermost cells of a [h, w, ...] grid."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


def _span(filled: NDArray[np.intp], length: int) -> float:
    return float(filled[-1] - filled[0] + 1) / length if len(filled) else 0.0
