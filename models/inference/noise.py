"""Estimate of a photo's noise from its smooth areas."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SECOND_DERIVATIVE = np.array([1, -2, 1], np.float32)
CELL = 16
"""Side of the cells (pixels)."""
SMOOTH_PERCENTILE = 10.0
"""Percentile of the cells' estimates taken as noise; texture raises the other cells."""
LUMA_RANGE = (3.0, 252.0)
"""Range of luma in which noise is not clipped by the ends of the scale."""


def noise_level(luma: NDArray[np.float32]) -> float:
    """Standard deviation of a photo's noise (grey levels); 0 if every cell is clipped.

    A low percentile of the estimates of all cells, each after Immerkær, "Fast noise variance estimation", Computer
    Vision and Image Understanding 64(2), 1996.

    Args:
        luma: [H, W] float32, 0..255.
    """
    response = np.abs(cv2.sepFilter2D(luma, cv2.CV_32F, SECOND_DERIVATIVE, SECOND_DERIVATIVE))
    response *= np.float32(np.sqrt(np.pi / 2) / 6)
    inside = ((luma > LUMA_RANGE[0]) & (luma < LUMA_RANGE[1])).astype(np.float32)
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    mean, whole = (
        cast(NDArray[np.float32], cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
        for plane in (response, inside)
    )
    cells = mean[whole > 0.98]
    return float(np.percentile(cells, SMOOTH_PERCENTILE)) if cells.size else 0.0
