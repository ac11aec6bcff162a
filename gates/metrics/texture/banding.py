"""Banding: a gradient that was smooth goes up in steps."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

CELL = 8
"""Side in pixels of the cells that are judged one by one."""
LEAST, MOST = 0.08, 6.0
"""Grey levels a pixel between which a slope is a gradient: below is even ground, above an edge."""
ROUGH = 3.0
"""Mean grey levels about the slope up to which a surface is smooth."""
SHARE = 0.3
"""Share of a cell that must be gradient for it to be looked at."""
GRAINY = 0.1
"""Power that grain leaves in the band, over its power below; .035 if it is white, more where a camera smoothed it."""
REACH = 11
"""Pixels around one that its step hangs on."""


def step_heights(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] grey levels of steps that ``luma`` has in the smooth gradients of ``reference``; NaN elsewhere.

    A ramp that is rounded to steps of height s is off by a sawtooth of s / √12 RMS (Bennett, "Spectra of
    quantized signals", 1948). That error is taken within a band of scales: grain lies below it, a changed
    shade above; what grain that came or went leaves in it is taken off. Only smooth gradients are looked at,
    for elsewhere bands are hidden (Tu, Lin, Wang, Adsumilli and Bovik, "BBAND index: a no-reference banding
    artifact predictor", 2020).

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    share, square = means_of(_steps, (reference, luma), size, REACH)
    square[share < SHARE] = np.nan
    return cast(Floats, np.sqrt(12 * np.maximum(0, square) / np.maximum(share, SHARE)))


def banding(heights: Floats) -> float:
    """Grey levels of the steps in the worst twentieth of the cells that hold a gradient; 0 where none does."""
    found = heights[~np.isnan(heights)]
    return float(np.percentile(found, 95)) if found.size else 0.0


def _steps(reference: Floats, luma: Floats) -> tuple[Floats, Floats]:
    """[H, W] float32 1 where the reference is a smooth gradient, else 0; and the power of the steps there."""
    smooth = _gradients(reference)
    if not smooth.any():
        return smooth, smooth
    change = cv2.subtract(luma, reference)
    calm = cv2.GaussianBlur(change, (9, 9), 1.5)
    fine, coarse = cv2.subtract(change, calm), cv2.subtract(calm, cv2.blur(calm, (15, 15)))
    return smooth, cast(Floats, (coarse * coarse - GRAINY * fine * fine) * smooth)


def _gradients(luma: Floats) -> Floats:
    """[H, W] float32 1 where the surface is a smooth gradient, else 0."""
    smooth = cv2.GaussianBlur(luma, (13, 13), 2.5)
    slope = cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))))
    rough = cv2.blur(cv2.absdiff(luma, smooth), (9, 9))
    return ((slope > LEAST) & (slope < MOST) & (rough < ROUGH)).astype(np.float32)
