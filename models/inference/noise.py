"""How noisy a photo is, read where it is calm."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SECOND = np.array([1, -2, 1], np.float32)
CELL = 16
"""Side in pixels of the places among which the calm ones are looked for."""
CALM = 10.0
"""Percentile of the places that counts: texture raises the others."""
CLIPPED = (3.0, 252.0)
"""Luma below and above which noise was cut off by the end of the scale: a white ground says nothing."""


def noise_level(luma: NDArray[np.float32]) -> float:
    """Standard deviation of a photo's noise, grey levels; 0 where no place shows any.

    Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996, taken
    place by place, and of these a low percentile.

    Args:
        luma: [H, W] float32, 0..255.
    """
    response = np.abs(cv2.sepFilter2D(luma, cv2.CV_32F, SECOND, SECOND)) * np.float32(np.sqrt(np.pi / 2) / 6)
    inside = ((luma > CLIPPED[0]) & (luma < CLIPPED[1])).astype(np.float32)
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    mean, whole = (
        cast(NDArray[np.float32], cv2.resize(plane, size, interpolation=cv2.INTER_AREA))
        for plane in (response, inside)
    )
    places = mean[whole > 0.98]
    return float(np.percentile(places, CALM)) if places.size else 0.0
