"""How visible a damage is: the one scale on which every kind's severities are defined.

The scale is ΔE00 to the good picture, seen from a little way off, over what the picture's own
texture hides; 1 is about what a trained eye just sees side by side. A damage is *just visible*
at 2, *plain* at 4 and *gross* at 8. The rule was fixed before any limit was tuned by it.
"""

import cv2
import numpy as np

from gates.measures.ciede2000 import ciede2000, lab
from gates.patch import Floats
from line.picture import Rgb

SEVERITIES = {"just": 2.0, "plain": 4.0, "gross": 8.0}
NEAR = 0.7
"""Gaussian blur, pixels, that stands for the distance one looks from."""
HIDING = 0.25
"""ΔE00 by which the threshold rises for each L* of local standard deviation (contrast masking)."""
WINDOW = 9
SAMPLE = 20_000
"""Changed pixels looked at."""


def visibility(good: Rgb, bad: Rgb, blur: float = NEAR) -> float:
    """The 95th percentile, over the changed pixels, of ΔE00 over the threshold that the texture raises.

    CIEDE2000 after Sharma, Wu and Dalal, 2005; masking after Legge and Foley, "Contrast masking in
    human vision", 1980, in its linear form.

    Args:
        good, bad: [H, W, 3] uint8 of one size.
        blur: σ in pixels; texture that moved but stayed the same sort of texture is no damage,
            and is looked at from further away.
    """
    changed = cv2.absdiff(good, bad).max(axis=2) > 0
    x, y, w, h = cv2.boundingRect(changed.astype(np.uint8))
    if not w:
        return 0.0
    area = np.s_[y : y + h, x : x + w]
    one, other = (lab(cv2.GaussianBlur(rgb[area], (0, 0), blur).astype(np.float32)) for rgb in (good, bad))
    rows, columns = np.nonzero(changed[area])
    every = np.s_[:: max(1, len(rows) // SAMPLE)]
    at = (rows[every], columns[every])
    return float(np.percentile(ciede2000(one[at], other[at]) / (1 + HIDING * _spread(one[..., 0])[at]), 95))


def _spread(lightness: Floats) -> Floats:
    """[H, W] standard deviation of L* in a small window."""
    mean = cv2.blur(lightness, (WINDOW, WINDOW))
    square = cv2.blur(lightness * lightness, (WINDOW, WINDOW))
    return np.sqrt(np.maximum(0, square - mean * mean)).astype(np.float32)
