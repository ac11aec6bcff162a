"""Colour of a fill against the ring around it."""

import cv2
import numpy as np

from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.patch import RING, Patch

MIN_PIXELS = 100
"""Minimum pixels of the fill, and of the ring."""
SAMPLE = 2000
"""Pixels of the fill whose expectation is looked at; their mean moves little with more."""


def fill_shift(patch: Patch) -> float:
    """ΔE00 between the fill's mean colour and what the ring, interpolated to the same pixels, lets expect.

    ΔE00 after Sharma, Wu and Dalal, 2005; the interpolation is a mean over a window that reaches
    the ring from everywhere in the fill.
    """
    if patch.solid.sum() < MIN_PIXELS or patch.ring.sum() < MIN_PIXELS:
        return 0.0
    depth = cv2.distanceTransform(patch.inside.astype(np.uint8), cv2.DIST_L2, 5)
    side = 2 * int(depth.max() + RING) + 1
    rows, columns = np.nonzero(patch.solid)
    every = np.s_[:: max(1, len(rows) // SAMPLE)]
    chosen = (rows[every], columns[every])
    ring = patch.ring.astype(np.uint8)
    alone = cv2.bitwise_and(patch.after, patch.after, mask=ring)
    shares, sums = (cv2.boxFilter(plane, cv2.CV_32F, (side, side))[chosen] for plane in (ring, alone))
    expected = sums / np.maximum(shares, 1e-6)[:, None]
    means = [colours.mean(axis=0).reshape(1, 1, 3) for colours in (patch.after[chosen], expected)]
    one, other = (lab(mean.astype(np.float32)) for mean in means)
    return float(ciede2000(one, other).item())
