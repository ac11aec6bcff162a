"""Means over the cells of a coarse grid."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats
from line.picture import Rgb

FEW = 1_000_000
"""Values in a colour picture below which OpenCV's own way is quicker."""
STRIP = 65_536
"""Pixels worked on at once where what is averaged has to be computed first: few enough to stay in the cache."""


def area_means(picture: Rgb | Floats, size: tuple[int, int]) -> Floats:
    """[rows, columns(, 3)] float32 mean of ``picture`` under each cell of a grid, exact to fractions of a pixel.

    The figures of OpenCV's INTER_AREA without its rounding to levels, several times as quick where cells
    hold many pixels: whole lines are summed, first along one side, then along the other.

    Args:
        picture: [H, W] or [H, W, 3], uint8 or float32.
        size: columns and rows of the grid.
    """
    columns, rows = size
    height, width = picture.shape[:2]
    if picture.ndim == 3 and picture.size < FEW and rows <= height and columns <= width:
        small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return cast(Floats, small.reshape(rows, columns, 3))
    lines = _sums(np.ascontiguousarray(picture).reshape(height, -1), np.linspace(0, height, rows + 1))
    across = lines.reshape(rows, width, -1).transpose(1, 0, 2)
    sums = _sums(np.ascontiguousarray(across).reshape(width, -1), np.linspace(0, width, columns + 1))
    means = sums.reshape(columns, rows, -1).transpose(1, 0, 2) * np.float32(rows * columns / (height * width))
    return cast(Floats, np.ascontiguousarray(means).reshape(rows, columns, *picture.shape[2:]))


def means_of(
    figures: Callable[..., Sequence[Floats]],
    planes: Sequence[Floats],
    size: tuple[int, int],
    reach: int = 0,
) -> list[Floats]:
    """:func:`area_means` of each plane that ``figures`` makes of ``planes``, computed strip by strip.

    Whole planes of what is in between would each cost a trip to memory, and fresh pages from the system.

    Args:
        figures: from parts of ``planes``, full lines, to planes as large as these.
        planes: [H, W] each.
        size: columns and rows of the grid.
        reach: lines above and below that one line of the figures hangs on.
    """
    columns, rows = size
    height, width = planes[0].shape[:2]
    ends = np.linspace(0, height, rows + 1)
    strips = []
    for cells in np.array_split(np.arange(rows), max(1, min(rows, height * width // STRIP))):
        mine = ends[cells[0] : cells[-1] + 2]
        top, below = int(mine[0]), int(np.ceil(mine[-1]))
        start = max(0, top - reach)
        found = figures(*(plane[start : below + reach] for plane in planes))
        strips.append([_sums(plane[top - start : below - start], mine - top) for plane in found])
    scale = np.float32(rows * columns / (height * width))
    across = np.linspace(0, width, columns + 1)
    means = []
    for lines in zip(*strips, strict=True):
        sums = _sums(np.ascontiguousarray(np.concatenate(lines).T), across)
        means.append(cast(Floats, np.ascontiguousarray(sums.T) * scale))
    return means


def _sums(lines: NDArray[Any], ends: NDArray[np.float64]) -> Floats:
    """[parts, N] float32 sums of ``lines`` [H, N] between ``ends``, a line that two parts share by its shares."""
    first, last = np.floor(ends[:-1]).astype(int), np.ceil(ends[1:]).astype(int)
    sums = np.empty((len(first), lines.shape[1]), np.float32)
    for at, (start, stop) in enumerate(zip(first, last, strict=True)):
        cv2.reduce(lines[start:stop], 0, cv2.REDUCE_SUM, dst=sums[at : at + 1], dtype=cv2.CV_32F)
    for beyond, line in ((ends[:-1] - first, first), (last - ends[1:], last - 1)):
        if beyond.any():
            sums -= beyond.astype(np.float32)[:, None] * lines[line]
    return sums
