"""How visible a damage is: the one scale on which every kind's severities are defined.

The scale is ΔE00 to the good picture, seen from a little way off, over what the picture's own
texture hides; 1 is about what a trained eye just sees side by side. A damage is *just visible*
at 2, *plain* at 4 and *gross* at 8. No limit of a gate is part of it: it speaks of eyes only.

A first form, in which texture masked less and colour was as sharp as light, called damage *plain* that is invisible
at the photo's own size.
"""

import cv2
import numpy as np

from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.patch import Floats, change
from line.picture import Mask, Rgb

SEVERITIES = {"just": 2.0, "plain": 4.0, "gross": 8.0}
VIEWING_BLUR = 0.7
"""Gaussian blur, pixels, that stands for the distance one looks from."""
COLOUR_VIEWING_BLUR = 2.0
"""The same in pixels for the two colour differences, which are seen less finely than light: the narrow kernels of
S-CIELAB, 0.07° and 0.09° over √2, for a screen of 36 pixels a degree."""
MASKING_POWER = 0.7
"""Power of the texture's contrast by which it raises the threshold (contrast masking)."""
WINDOW = 9
SAMPLE = 20_000
"""Changed pixels looked at."""
TRACE_BLUR, TRACE_PERCENTILE = 2.0, 95
"""Sigma of the blur in pixels, and percentile over the mask, of :func:`trace`."""
MAX_TRACE = 10.0
"""CIEDE2000 of :func:`trace` above which an erased overlay is visible at a glance."""


def visibility(good: Rgb, bad: Rgb, blur: float = VIEWING_BLUR) -> float:
    """The 95th percentile, over the changed pixels, of ΔE00 over the threshold that the texture raises.

    CIEDE2000 after Sharma, Wu and Dalal, 2005, on colours smoothed as in Zhang and Wandell, "A spatial extension of
    CIELAB for digital color image reproduction", 1996. Masking after Legge and Foley, "Contrast masking in human
    vision", 1980, with the exponent of Watson, "DCTune", 1993: from where the texture itself is just seen,
    1 L* of local standard deviation, the threshold rises with the 0.7th power of its contrast.

    Args:
        good, bad: [H, W, 3] uint8 of one size.
        blur: σ in pixels; texture that moved but stayed the same sort of texture is no damage,
            and is looked at from further away.
    """
    changed = change(good, bad)
    x, y, w, h = cv2.boundingRect(changed)
    if not w:
        return 0.0
    area = np.s_[y : y + h, x : x + w]
    one, other = (_as_viewed(rgb[area], blur) for rgb in (good, bad))
    rows, columns = np.nonzero(changed[area])
    every = np.s_[:: max(1, len(rows) // SAMPLE)]
    at = (rows[every], columns[every])
    threshold = (1 + _spread(one[..., 0])[at] ** 2) ** (MASKING_POWER / 2)
    return float(np.percentile(ciede2000(one[at], other[at]) / threshold, 95))


def trace(clean: Rgb, after: Rgb, mask: Mask) -> float:
    """How far an erased overlay is off the clean photo: the 95th percentile of CIEDE2000 over the mask.

    Both pictures are blurred first, so that fine texture that moved does not count, and lost outlines do.

    Args:
        clean, after: [H, W, 3] uint8 sRGB.
        mask: [H, W] uint8, above 0 where pixels were changed.
    """
    x, y, wide, high = cv2.boundingRect((mask > 0).astype(np.uint8))
    room = round(4 * TRACE_BLUR)
    part = np.s_[max(0, y - room) : y + high + room, max(0, x - room) : x + wide + room]
    one, other = (
        lab(cv2.GaussianBlur(np.ascontiguousarray(rgb[part]), (0, 0), TRACE_BLUR).astype(np.float32))
        for rgb in (after, clean)
    )
    inside = mask[part] > 0
    return (
        float(np.percentile(ciede2000(one[inside], other[inside]), TRACE_PERCENTILE)) if inside.any() else 0.0
    )


def _as_viewed(rgb: Rgb, blur: float) -> Floats:
    """[H, W, 3] CIELAB as seen from the distance that ``blur`` stands for."""
    plane = lab(cv2.GaussianBlur(rgb, (0, 0), blur).astype(np.float32))
    more = COLOUR_VIEWING_BLUR**2 - blur**2
    if more > 0:
        plane[..., 1:] = cv2.GaussianBlur(np.ascontiguousarray(plane[..., 1:]), (0, 0), more**0.5)
    return plane


def _spread(lightness: Floats) -> Floats:
    """[H, W] standard deviation of L* in a small window."""
    mean = cv2.blur(lightness, (WINDOW, WINDOW))
    square = cv2.blur(lightness * lightness, (WINDOW, WINDOW))
    return np.sqrt(np.maximum(0, square - mean * mean)).astype(np.float32)
