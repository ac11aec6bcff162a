"""Gradient magnitude similarity deviation."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Floats

CONSTANT = 170.0
PREWITT = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]], np.float32) / 3


def gmsd_map(one: Floats, other: Floats) -> Floats:
    """[H/2, W/2] float32 similarity of gradient magnitudes, 0..1.

    Xue, Zhang, Mou and Bovik, "Gradient magnitude similarity deviation: a highly efficient
    perceptual image quality index", 2014: luma averaged 2 × 2, Prewitt gradients, c = 170.

    Args:
        one, other: [H, W] float32 luma, 0..255.
    """
    first, second = _gradient(one), _gradient(other)
    top = 2 * first * second + CONSTANT
    return cast(Floats, top / (first * first + second * second + CONSTANT))


def gmsd(one: Floats, other: Floats) -> float:
    """Standard deviation of :func:`gmsd_map`: 0 for equal pictures, greater for local differences."""
    return float(gmsd_map(one, other).std())


def _gradient(luma: Floats) -> Floats:
    halved = cv2.blur(luma, (2, 2), anchor=(0, 0))[::2, ::2]
    across, down = (cv2.filter2D(halved, cv2.CV_32F, kernel) for kernel in (PREWITT, PREWITT.T))
    return cast(Floats, cv2.magnitude(across, down))
