"""Banding: steps in gradients that were smooth."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

CELL = 8
"""Side (pixels) of the cells."""
MIN_SLOPE, MAX_SLOPE = 0.08, 6.0
"""Slope range (grey levels per pixel) of a gradient: flat areas lie below, edges above."""
MAX_ROUGHNESS = 3.0
"""Maximum mean deviation (grey levels) of a smooth surface from its slope."""
MIN_GRADIENT_SHARE = 0.3
"""Minimum share of a cell covered by smooth gradients for the cell to be measured."""
GRAIN_LEAKAGE = 0.1
"""Power of grain in the measured band over its power in finer scales: 0.035 for white noise, more if smoothed."""
HALO = 11
"""Distance (pixels) of the farthest pixel that one value depends on."""


def step_heights(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] float32 step heights (grey levels) of ``luma`` in smooth gradients of ``reference``, else NaN.

    A ramp quantised to steps of height s has a sawtooth error of s / √12 RMS (Bennett, "Spectra of quantized
    signals", 1948). The error is measured in a band of scales between grain (finer) and changed shades (coarser),
    less the power that added or removed grain leaves in that band. Only smooth gradients count, because texture
    hides bands (Tu, Lin, Wang, Adsumilli and Bovik, "BBAND index: a no-reference banding artifact predictor", 2020).

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    share, square = means_of(_steps, (reference, luma), size, HALO)
    square[share < MIN_GRADIENT_SHARE] = np.nan
    return cast(Floats, np.sqrt(12 * np.maximum(0, square) / np.maximum(share, MIN_GRADIENT_SHARE)))


def banding(heights: Floats) -> float:
    """95th percentile of the step heights (grey levels) over the cells with a gradient; 0 without such cells."""
    measured = heights[~np.isnan(heights)]
    return float(np.percentile(measured, 95)) if measured.size else 0.0


def _steps(reference: Floats, luma: Floats) -> tuple[Floats, Floats]:
    """Two [H, W] float32 planes: 1 in smooth gradients of the reference, else 0; and the power of the steps there."""
    smooth = _gradients(reference)
    if not smooth.any():
        return smooth, smooth
    change = cv2.subtract(luma, reference)
    blurred = cv2.GaussianBlur(change, (9, 9), 1.5)
    fine, coarse = cv2.subtract(change, blurred), cv2.subtract(blurred, cv2.blur(blurred, (15, 15)))
    return smooth, cast(Floats, (coarse * coarse - GRAIN_LEAKAGE * fine * fine) * smooth)


def _gradients(luma: Floats) -> Floats:
    """[H, W] float32, 1 in smooth gradients, else 0."""
    smooth = cv2.GaussianBlur(luma, (13, 13), 2.5)
    slope = cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))))
    roughness = cv2.blur(cv2.absdiff(luma, smooth), (9, 9))
    gradient = (slope > MIN_SLOPE) & (slope < MAX_SLOPE)
    return (gradient & (roughness < MAX_ROUGHNESS)).astype(np.float32)
