"""Means over the cells of a coarse grid."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats
from line.picture import Rgb

MAX_RESIZE_VALUES = 1_000_000
"""Number of values of a colour picture up to which ``cv2.resize`` is faster than line sums."""
STRIP_PIXELS = 65_536
"""Pixels of one strip in :func:`means_of`: few enough for the planes to stay in the processor's cache."""


def area_means(picture: Rgb | Floats, size: tuple[int, int]) -> Floats:
    """[rows, columns(, 3)] float32 mean of ``picture`` over each cell of a grid, exact to fractions of a pixel.

    The result equals OpenCV's INTER_AREA without its rounding to levels. Summing whole lines along one axis, then
    along the other, is several times as fast for cells of many pixels.

    Args:
        picture: [H, W] or [H, W, 3], uint8 or float32.
        size: columns and rows of the grid.
    """
    columns, rows = size
    height, width = picture.shape[:2]
    if picture.ndim == 3 and picture.size < MAX_RESIZE_VALUES and rows <= height and columns <= width:
        small = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return cast(Floats, small.reshape(rows, columns, 3))
    lines = _sums(np.ascontiguousarray(picture).reshape(height, -1), np.linspace(0, height, rows + 1))
    across = lines.reshape(rows, width, -1).transpose(1, 0, 2)
    sums = _sums(np.ascontiguousarray(across).reshape(width, -1), np.linspace(0, width, columns + 1))
    means = sums.reshape(columns, rows, -1).transpose(1, 0, 2) * np.float32(rows * columns / (height * width))
    return cast(Floats, np.ascontiguousarray(means).reshape(rows, columns, *picture.shape[2:]))


def means_of(
    compute: Callable[..., Sequence[Floats]],
    planes: Sequence[Floats],
    size: tuple[int, int],
    halo: int = 0,
) -> list[Floats]:
    """:func:`area_means` of each plane that ``compute`` derives from ``planes``, computed strip by strip.

    Strips keep the intermediate planes in the processor's cache.

    Args:
        compute: function from horizontal strips of ``planes`` to planes of the same size.
        planes: [H, W] float32 each.
        size: columns and rows of the grid.
        halo: lines above and below each line that ``compute`` reads.
    """
    columns, rows = size
    height, width = planes[0].shape[:2]
    ends = np.linspace(0, height, rows + 1)
    strips = []
    for cells in np.array_split(np.arange(rows), max(1, min(rows, height * width // STRIP_PIXELS))):
        strip_ends = ends[cells[0] : cells[-1] + 2]
        top, bottom = int(strip_ends[0]), int(np.ceil(strip_ends[-1]))
        start = max(0, top - halo)
        computed = compute(*(plane[start : bottom + halo] for plane in planes))
        strips.append([_sums(plane[top - start : bottom - start], strip_ends - top) for plane in computed])
    scale = np.float32(rows * columns / (height * width))
    across = np.linspace(0, width, columns + 1)
    means = []
    for lines in zip(*strips, strict=True):
        sums = _sums(np.ascontiguousarray(np.concatenate(lines).T), across)
        means.append(cast(Floats, np.ascontiguousarray(sums.T) * scale))
    return means


def _sums(lines: NDArray[Any], ends: NDArray[np.float64]) -> Floats:
    """[parts, N] float32 sums of ``lines`` [H, N] between ``ends``; a line split by an end counts by its shares."""
    first, last = np.floor(ends[:-1]).astype(int), np.ceil(ends[1:]).astype(int)
    sums = np.empty((len(first), lines.shape[1]), np.float32)
    for at, (start, stop) in enumerate(zip(first, last, strict=True)):
        cv2.reduce(lines[start:stop], 0, cv2.REDUCE_SUM, dst=sums[at : at + 1], dtype=cv2.CV_32F)
    for beyond, line in ((ends[:-1] - first, first), (last - ends[1:], last - 1)):
        if beyond.any():
            sums -= beyond.astype(np.float32)[:, None] * lines[line]
    return sums
