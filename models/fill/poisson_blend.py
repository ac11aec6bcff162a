"""Seamless blending of copied pieces.

Screened form of Pérez, Gangnet and Blake, "Poisson image editing", ACM Transactions on Graphics 22(3), 2003. The
correction at the edge fades inwards, so that a trace of an overlay's colour at the edge does not tint the whole hole.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.fill.offsets import Offsets
from models.fill.opponent_colour import Hole, Planes

FADE_LENGTH = 12.0
"""Distance over which the correction at the edge fades to 1/e (pixels)."""


def poisson_blend(
    planes: Planes, barred: Hole, hole: Hole, offsets: Offsets, choice: NDArray[np.intp]
) -> Planes:
    """``planes`` with each pixel of the hole copied from its offset and corrected to match its neighbours.

    Args:
        planes: [H, W, 3] float32 opponent planes.
        barred: [H, W] bool, neighbours that are not matched.
        hole: [H, W] bool, pixels to fill.
        offsets: [K, 2] rows and columns from a pixel to its source.
        choice: [N] index of the offset of each pixel of the hole, in reading order.
    """
    high, wide = hole.shape
    rows, columns = np.nonzero(hole)
    size = len(rows)
    number = np.full((high, wide), -1, np.intp)
    number[hole] = np.arange(size)

    def source(down: int, across: int, chosen: NDArray[np.intp]) -> Planes:
        """Values at the neighbours of each pixel's source, with the offsets ``chosen``."""
        row, column = (offsets[chosen] + np.stack([rows + down, columns + across], axis=1)).T
        return cast(Planes, planes[np.clip(row, 0, high - 1), np.clip(column, 0, wide - 1)])

    copied = source(0, 0, choice)
    weights = np.full(size, FADE_LENGTH**-2)
    sums = copied * FADE_LENGTH**-2
    ones, others = [], []
    for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        row, column = rows + down, columns + across
        inside = (row >= 0) & (row < high) & (column >= 0) & (column < wide)
        row, column = np.clip(row, 0, high - 1), np.clip(column, 0, wide - 1)
        beside = number[row, column]
        linked = inside & (beside >= 0)
        fixed = inside & (beside < 0) & ~barred[row, column]
        neighbour = np.where(linked, choice[beside], choice)
        # between two pieces, the gradient is the mean of both
        gradient = copied - source(down, across, choice)
        gradient = (gradient + source(0, 0, neighbour) - source(down, across, neighbour)) / 2
        sums += gradient * (linked | fixed)[:, None]
        sums[fixed] += planes[row[fixed], column[fixed]]
        weights += linked | fixed
        ones.append(np.flatnonzero(linked))
        others.append(beside[linked])
    result = planes.copy()
    result[hole] = _solved(weights, np.concatenate(ones), np.concatenate(others), sums)
    return result


def _solved(
    weights: NDArray[np.float64], ones: NDArray[np.intp], others: NDArray[np.intp], sums: Planes
) -> NDArray[np.float64]:
    """The values of which each, times its weight and less the values linked to it, gives its sum.

    Args:
        weights: [N] float64, the diagonal.
        ones, others: [M] indices of linked values.
        sums: [N, 3] right-hand side.
    """
    from scipy import sparse  # a second of imports, for the few photos with a hole
    from scipy.sparse.linalg import splu

    size = len(weights)
    links = sparse.csc_array((-np.ones(len(ones)), (ones, others)), shape=(size, size))
    matrix = (links + sparse.diags_array(weights, format="csc")).tocsc()
    options = {"SymmetricMode": True}
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options=options)
    return np.asarray(factors.solve(sums.astype(np.float64)))
