"""Composition: where the subject lies in its frame, and what is around it."""

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
"""Cells along the longer side: fine enough for a subject's outline, too coarse for any texture."""
ALIKE = 12.0
"""Grey levels in any channel up to which a cell has the ground's colour."""
CLEAR = 30.0
"""Grey levels from which a cell is nothing like the ground."""
PLAIN = 0.6
"""Share of the border that must have one colour for a picture to have a plain ground; a product may touch it."""
SPECK = 0.002
"""Share of the picture below which what stands on the ground is no subject but dust."""
WHITE = 250.0
"""Level in every channel from which a ground is white: JPEG moves 255 by a few."""
ROUNDING = 3.0
"""Levels by which a white may move unseen."""
FAINT = 1.0
"""Standard deviation of luma, grey levels, below which there is nothing to follow."""


@dataclass(frozen=True, eq=False)
class Composition:
    """One picture seen from afar.

    Attributes:
        cells: [h, w, 3] float32 mean colour of each cell, 0..255.
        ground: [3] float32 colour of its plain ground; None where there is none.
    """

    cells: Floats
    ground: Floats | None

    @cached_property
    def apart(self) -> Floats:
        """[h, w] grey levels to the ground in the channel where it is most; endless where no ground is plain."""
        if self.ground is None:
            return np.full(self.cells.shape[:2], np.inf, np.float32)
        return cast(Floats, np.abs(self.cells - self.ground).max(axis=2))

    @cached_property
    def clear(self) -> Bools:
        """[h, w] subject that nobody takes for ground: a soft shadow may count as either."""
        return self.subject & (self.apart >= CLEAR)

    @cached_property
    def subject(self) -> Bools:
        """[h, w] what is not plain ground running in from the border; everything where no ground is plain.

        What the ground encloses is the subject's, white or not; specks are no subject.
        """
        if self.ground is None:
            return np.ones(self.cells.shape[:2], bool)
        alike = (self.apart < ALIKE).astype(np.uint8)
        count, pieces = cv2.connectedComponents(alike, connectivity=4)
        outer = np.zeros(count, bool)
        outer[_border(pieces)] = True
        outer[0] = False  # what is not alike
        _, labels, figures, _ = cv2.connectedComponentsWithStats((~outer[pieces]).astype(np.uint8))
        large = figures[:, cv2.CC_STAT_AREA] >= SPECK * labels.size
        large[0] = False
        return cast(Bools, large[labels])

    @property
    def white_ground(self) -> float:
        """Share of the border that is white, 0..1."""
        return float((_border(self.cells).min(axis=1) >= WHITE).mean())

    @property
    def frame_fill(self) -> float:
        """Share of the frame's width or height that the subject spans, whichever is more, 0..1."""
        return max(
            _span(np.flatnonzero(self.subject.any(axis=axis)), self.subject.shape[1 - axis])
            for axis in (0, 1)
        )

    @property
    def border_touched(self) -> float:
        """Share of the border that the subject lies on, 0..1."""
        return float(_border(self.subject).mean())


def compositions(before: Rgb, after: Rgb) -> tuple[Composition, Composition]:
    """Both [H, W, 3] uint8 pictures on the grid of the first, and with the first's ground."""
    height, width = before.shape[:2]
    scale = min(1.0, GRID / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    one, other = (area_means(rgb, size) for rgb in (before, after))
    ground = plain_ground(one)
    return Composition(one, ground), Composition(other, ground)


def plain_ground(cells: Floats) -> Floats | None:
    """[3] float32 colour that most of the border of [h, w, 3] has, or None.

    The border's colour stands for the ground's, as in Wei, Wen, Zhu and Sun, "Geodesic saliency using
    background priors", 2012.
    """
    border = _border(cells)
    ground = np.median(border, axis=0).astype(np.float32)
    return ground if (np.abs(border - ground).max(axis=1) < ALIKE).mean() >= PLAIN else None


def moved(one: Composition, other: Composition) -> float:
    """How far the content lies from where it was, as a share of the longer side.

    The peak of the phase correlation (Kuglin and Hines, "The phase correlation image alignment method",
    1975) of lumas under a Hann window, to a fraction of a cell; 0 where there is nothing to follow.
    """
    planes = [cv2.cvtColor(scene.cells, cv2.COLOR_RGB2GRAY) for scene in (one, other)]
    if min(planes[0].shape) < 8 or min(float(plane.std()) for plane in planes) < FAINT:
        return 0.0
    height, width = planes[0].shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    # on a square of even sides: at odd ones OpenCV takes the middle half a cell off
    squares = np.zeros((2, GRID, GRID), np.float32)
    for square, plane in zip(squares, planes, strict=True):
        square[:height, :width] = (plane - plane.mean()) * window
    (x, y), _ = cv2.phaseCorrelate(*squares)
    return float(np.hypot(x, y) / max(height, width))


def cut(one: Composition, other: Composition) -> float:
    """Share of the border that was ground in ``one`` and bears the subject in ``other``."""
    return float((~_border(one.subject) & _border(other.clear)).mean())


def lost(one: Composition, other: Composition) -> float:
    """Share of the subject of ``one`` that is ground in ``other``."""
    return float((one.clear & ~other.subject).sum() / max(1, one.clear.sum()))


def greyed(one: Composition, other: Composition) -> float:
    """Share of the border of ``one`` that was white and is not in ``other``."""
    was, now = (_border(scene.cells).min(axis=1) for scene in (one, other))
    return float(((was >= WHITE) & (now < WHITE - ROUNDING)).mean())


def _border(plane: NDArray[Any]) -> NDArray[Any]:
    """[N, ...] the outermost cells of [h, w, ...]."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


def _span(filled: NDArray[np.intp], length: int) -> float:
    return float(filled[-1] - filled[0] + 1) / length if len(filled) else 0.0
