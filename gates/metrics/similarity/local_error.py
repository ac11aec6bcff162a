"""Local error, which an average over the whole picture would hide."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

CELL = 16
"""Side (pixels) of the cells."""
MASKING = 0.15
"""Error masked by texture, as a share of the cell's standard deviation."""
FLOOR = 1.0
"""Error (grey levels) that is invisible on a smooth surface."""

SAMPLE_LINES, SAMPLE_PERIOD = 16, 64
"""Lines used of each period of lines to estimate the global sharpening."""
MAX_SAMPLED_CHANGE = 8.0
"""Maximum change (grey levels) in that estimate; greater changes are clipped, so that one defect cannot dominate."""
REGULARISATION = 0.05
"""Power (grey levels squared) added to that of the edges, so that pictures without edges have no sharpening."""


def local_error(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] float32 RMS error of each cell over its visibility threshold; about 1 is just visible.

    The threshold rises with the contrast of the cell (simplified contrast masking: Legge and Foley, "Contrast
    masking in human vision", 1980).

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    return _visibility(means_of(_powers, (reference, luma), _size(luma)))


def local_errors(reference: Floats, luma: Floats) -> tuple[Floats, Floats]:
    """:func:`local_error`, and the same after subtraction of a global sharpening or softening.

    A linearly interpolated enlargement, scaled down again, differs from its input by a multiple of the input's
    edges (Irani and Peleg, "Improving resolution by image registration", 1991, feed that difference back). That
    multiple is fitted by least squares and subtracted; invented or lost texture remains.

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    fine, coarse = _sharpening(reference, luma)

    def powers(reference: Floats, luma: Floats) -> tuple[Floats, ...]:
        narrow, wide = _edges(reference)
        residual = cv2.subtract(cv2.subtract(luma, reference), cv2.addWeighted(narrow, fine, wide, coarse, 0))
        return *_powers(reference, luma), cast(Floats, residual * residual)

    square, mean, power, residual = means_of(powers, (reference, luma), _size(luma), halo=2)
    return _visibility((square, mean, power)), _visibility((residual, mean, power))


def _sharpening(reference: Floats, luma: Floats) -> tuple[float, float]:
    """Least-squares multiples of both planes of :func:`_edges` in the difference."""
    square, product = np.zeros((2, 2)), np.zeros(2)
    for top in range(0, len(reference), SAMPLE_PERIOD):
        lines = np.s_[top : top + SAMPLE_LINES]
        edges = [plane.ravel() for plane in _edges(reference[lines])]
        change = np.clip(luma[lines] - reference[lines], -MAX_SAMPLED_CHANGE, MAX_SAMPLED_CHANGE).ravel()
        square += [[float(one @ other) for other in edges] for one in edges]
        square += np.eye(2) * REGULARISATION * len(change)
        product += [float(one @ change) for one in edges]
    fine, coarse = np.linalg.solve(square, product)
    return float(fine), float(coarse)


def _powers(reference: Floats, luma: Floats) -> tuple[Floats, Floats, Floats]:
    """Planes whose cell means give the error, the mean and the power of each cell."""
    difference = luma - reference
    return difference * difference, reference, reference * reference


def _edges(luma: Floats) -> tuple[Floats, Floats]:
    """High-pass planes: luma less its 3 × 3 mean and luma less its 5 × 5 mean."""
    narrow, wide = (cv2.subtract(luma, cv2.blur(luma, (side, side))) for side in (3, 5))
    return cast(Floats, narrow), cast(Floats, wide)


def _size(luma: Floats) -> tuple[int, int]:
    return max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL)


def _visibility(means: Sequence[Floats]) -> Floats:
    """RMS error over its visibility threshold, from the means of :func:`_powers`."""
    square, mean, power = means
    activity = np.sqrt(np.maximum(0, power - mean * mean))
    return cast(Floats, np.sqrt(np.maximum(0, square)) / (FLOOR + MASKING * activity))
