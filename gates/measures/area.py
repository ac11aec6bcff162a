"""Means over the cells of a coarse grid."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats
from line.picture import Rgb

FEW = 1_000_000
"""Values in a colour picture below which OpenCV's own way is quicker."""


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
    lines = _sums(np.ascontiguousarray(picture).reshape(height, -1), rows)
    across = lines.reshape(rows, width, -1).transpose(1, 0, 2)
    sums = _sums(np.ascontiguousarray(across).reshape(width, -1), columns)
    means = sums.reshape(columns, rows, -1).transpose(1, 0, 2) * np.float32(rows * columns / (height * width))
    return cast(Floats, np.ascontiguousarray(means).reshape(rows, columns, *picture.shape[2:]))


def _sums(lines: NDArray[Any], parts: int) -> Floats:
    """[parts, N] float32 sums of ``lines`` [H, N] over equal parts of H, a line that two parts share by its shares."""
    ends = np.linspace(0, len(lines), parts + 1)
    first, last = np.floor(ends[:-1]).astype(int), np.ceil(ends[1:]).astype(int)
    sums = np.empty((parts, lines.shape[1]), np.float32)
    for at, (start, stop) in enumerate(zip(first, last, strict=True)):
        cv2.reduce(lines[start:stop], 0, cv2.REDUCE_SUM, dst=sums[at : at + 1], dtype=cv2.CV_32F)
    for beyond, line in ((ends[:-1] - first, first), (last - ends[1:], last - 1)):
        if beyond.any():
            sums -= beyond.astype(np.float32)[:, None] * lines[line]
    return sums
