"""Peak signal-to-noise ratio."""

import math

import cv2

from line.picture import Rgb

EQUAL = 100.0
"""Value (dB) for equal pictures, so that readings stay finite."""


def psnr(one: Rgb, other: Rgb) -> float:
    """PSNR (dB) of two uint8 pictures of one shape over all channels (ITU-T J.340); :data:`EQUAL` if equal."""
    square = cv2.norm(one, other, cv2.NORM_L2SQR) / one.size
    return min(EQUAL, 10 * math.log10(255**2 / square)) if square else EQUAL
