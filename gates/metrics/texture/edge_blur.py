"""Edges that are blurred in a fill and sharp around it."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Bools, Floats, Patch

WINDOW = 13
"""Side (pixels) of the window around an edge, about the widest blur that is perceived as a smear."""
MIN_EDGE_HEIGHT = 40
"""Minimum range of levels in a window with an edge (grey levels)."""
SHARP_SLOPE = 0.25
"""Slope per edge height (1/pixel) of a sharp edge: upper bound of the usual slope, and its value without edges."""
USUAL_QUANTILE = 0.1
"""Quantile of the surrounding slopes that is taken as usual; nine in ten edges are steeper."""
MAX_BLURRED_SLOPE = 0.5
"""Maximum slope of a blurred edge, as a share of the usual slope."""
MIN_EDGE_PIXELS = 40
"""Minimum number of surrounding pixels near edges for a meaningful quantile."""


def blurred_edge_area(patch: Patch) -> float:
    """Area of the fill near edges less than half as steep as those around it, in windows of 13 × 13 pixels.

    The steepness is the greatest Sobel slope in a window over the range of its levels, so it does not depend on
    contrast: about 0.4 per pixel for a step blurred by an ideal lens, 0.08 for one smeared over the whole window.
    The reference is the softest tenth of the surrounding edges, because a blurred photo has soft edges.
    """
    window = np.ones((WINDOW, WINDOW), np.uint8)
    grey = patch.after_grey
    height = cv2.subtract(cv2.dilate(grey, window), cv2.erode(grey, window))
    edge = height > MIN_EDGE_HEIGHT
    inner = edge & (cv2.erode(patch.solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not inner.any():
        return 0.0
    slopes = [cv2.Sobel(grey, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    slope = cast(Floats, cv2.dilate(cv2.magnitude(*slopes), window))
    outer = edge & patch.ring & (patch.distance > WINDOW // 2)
    usual = SHARP_SLOPE
    if outer.sum() > MIN_EDGE_PIXELS:
        usual = min(usual, float(np.quantile(_steepness(slope, height, outer), USUAL_QUANTILE)))
    blurred = _steepness(slope, height, inner) < MAX_BLURRED_SLOPE * usual
    return float(np.count_nonzero(blurred)) / WINDOW**2


def _steepness(slope: Floats, height: np.ndarray, where: Bools) -> Floats:
    return cast(Floats, slope[where] / height[where])
