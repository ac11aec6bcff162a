"""Posterisation: grey levels lost from the histogram."""

import cv2
import numpy as np

from gates.patch import Floats
from line.picture import Rgb

MIN_LEVEL_SHARE = 2e-4
"""Minimum share of the pixels for a level to count as used."""


def levels_lost(reference: Rgb, picture: Rgb) -> float:
    """Share of the green levels used by ``reference`` that ``picture`` does not use, 0..1.

    Quantisation leaves a comb-like histogram: few levels with gaps between them (the missing codes of IEEE Std 1241
    on digitisers, applied to a picture).

    Args:
        reference, picture: [H, W, 3] uint8, of any sizes.
    """
    shares, reference_shares = (_shares(plane) for plane in (picture, reference))
    used = reference_shares > MIN_LEVEL_SHARE
    # neighbouring levels count too, because rounding may move a rare level by one
    widened = np.maximum(shares, np.maximum(np.roll(shares, 1), np.roll(shares, -1)))
    return float((widened[used] < MIN_LEVEL_SHARE / 20).mean()) if used.any() else 0.0


def _shares(picture: Rgb) -> Floats:
    counts = cv2.calcHist([picture], [1], None, [256], [0, 256]).ravel()
    return (counts / max(1.0, float(counts.sum()))).astype(np.float32)
