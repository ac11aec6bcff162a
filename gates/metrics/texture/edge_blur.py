"""Edges that a fill lets run out into a blur, where those around it stay sharp."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Bools, Floats, Patch

WINDOW = 13
"""Side in pixels of the window that an edge is looked at in: the widest blur that is still seen as a smear."""
CLEAR = 40
"""Grey levels between the darkest and the brightest pixel of a window that holds an edge."""
SHARP = 0.25
"""Slope of a sharp edge over its height, per pixel; no edge need be sharper, and without any around this is usual."""
MOSTLY = 0.1
"""Quantile of the edges around: what nine in ten of them exceed."""
SOFT = 0.5
"""Share of the usual slope below which an edge is smeared."""
FEW = 40
"""Fewer pixels near edges than this say nothing of what is usual."""


def smeared(patch: Patch) -> float:
    """Area of the fill near edges that are less than half as steep as those around it, in windows of 13 × 13 pixels.

    How steep an edge is: the greatest slope in a window (Sobel) over the range of its levels, so that contrast
    does not matter: a step blurred by an ideal lens has some 0.4 a pixel, one smeared over the window 0.08. It is held
    against the tenth of the ring's edges that is softest: in a blurred photo soft edges are true.
    """
    window = np.ones((WINDOW, WINDOW), np.uint8)
    grey = patch.after_grey
    height = cv2.subtract(cv2.dilate(grey, window), cv2.erode(grey, window))
    clear = height > CLEAR
    inner = clear & (cv2.erode(patch.solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not inner.any():
        return 0.0
    slopes = [cv2.Sobel(grey, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))]
    slope = cast(Floats, cv2.dilate(cv2.magnitude(*slopes), window))
    outer = clear & patch.ring & (patch.distance > WINDOW // 2)
    usual = (
        min(SHARP, float(np.quantile(_steep(slope, height, outer), MOSTLY))) if outer.sum() > FEW else SHARP
    )
    return float(np.count_nonzero(_steep(slope, height, inner) < SOFT * usual)) / WINDOW**2


def _steep(slope: Floats, height: np.ndarray, where: Bools) -> Floats:
    return cast(Floats, slope[where] / height[where])
