"""What a histogram tells: posterisation."""

import cv2
import numpy as np

from gates.patch import Floats
from line.picture import Rgb

SEEN = 2e-4
"""Share of the pixels that makes a level used."""


def levels_lost(reference: Rgb, picture: Rgb) -> float:
    """Share of the green levels used by ``reference`` that ``picture`` no longer uses, 0..1.

    Banding leaves a comb: few levels, and gaps between them (the missing codes of IEEE Std 1241
    on digitisers, applied to a picture).

    Args:
        reference, picture: [H, W, 3] uint8, of any sizes.
    """
    ours, theirs = (_shares(plane) for plane in (picture, reference))
    used = theirs > SEEN
    # a level counts as kept when it or a neighbour is used: rounding may move a thin one
    near = np.maximum(ours, np.maximum(np.roll(ours, 1), np.roll(ours, -1)))
    return float((near[used] < SEEN / 20).mean()) if used.any() else 0.0


def _shares(picture: Rgb) -> Floats:
    counts = cv2.calcHist([picture], [1], None, [256], [0, 256]).ravel()
    return (counts / max(1.0, float(counts.sum()))).astype(np.float32)
