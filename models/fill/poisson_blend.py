"""Copied pieces joined without a seam.

Pérez, Gangnet and Blake, "Poisson image editing", ACM Transactions on Graphics 22(3), 2003, screened so
that what the edge lends fades inwards: a trace of an overlay's colour there does not tint the whole hole.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from models.fill.offsets import Offsets
from models.fill.opponent_colour import Hole, Planes

FADING = 12.0
"""Pixels over which the edge's correction fades to 1/e."""


def pasted(planes: Planes, barred: Hole, hole: Hole, offsets: Offsets, choice: NDArray[np.intp]) -> Planes:
    """``planes`` with each pixel of the hole copied, and corrected to meet its neighbours.

    Args:
        barred: neighbours that are not to be met.
        choice: [N] of each pixel of the hole, in reading order, which of ``offsets`` [K, 2].
    """
    high, wide = hole.shape
    rows, columns = np.nonzero(hole)
    size = len(rows)
    number = np.full((high, wide), -1, np.intp)
    number[hole] = np.arange(size)

    def moved(down: int, across: int, by: NDArray[np.intp]) -> Planes:
        """What the choice ``by`` shows at each pixel's neighbour."""
        row, column = (offsets[by] + np.stack([rows + down, columns + across], axis=1)).T
        return cast(Planes, planes[np.clip(row, 0, high - 1), np.clip(column, 0, wide - 1)])

    copied = moved(0, 0, choice)
    weights = np.full(size, FADING**-2)
    sums = copied * FADING**-2
    ones, others = [], []
    for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        row, column = rows + down, columns + across
        inside = (row >= 0) & (row < high) & (column >= 0) & (column < wide)
        row, column = np.clip(row, 0, high - 1), np.clip(column, 0, wide - 1)
        beside = number[row, column]
        linked = inside & (beside >= 0)
        known = inside & (beside < 0) & ~barred[row, column]
        theirs = np.where(linked, choice[beside], choice)
        # where two pieces meet, the slope is the mean of both
        slope = (copied - moved(down, across, choice) + moved(0, 0, theirs) - moved(down, across, theirs)) / 2
        sums += slope * (linked | known)[:, None]
        sums[known] += planes[row[known], column[known]]
        weights += linked | known
        ones.append(np.flatnonzero(linked))
        others.append(beside[linked])
    one, other = np.concatenate(ones), np.concatenate(others)
    matrix = sparse.csc_array((-np.ones(len(one)), (one, other)), shape=(size, size)) + sparse.diags_array(
        weights, format="csc"
    )
    solved = splu(
        matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options={"SymmetricMode": True}
    ).solve(sums.astype(np.float64))
    result = planes.copy()
    result[hole] = solved
    return result
