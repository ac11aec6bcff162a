"""Features of a piece of text in, probability of being an overlay out."""

import math
from pathlib import Path

from tasks.overlay.features import Features

TREES = Path(__file__).with_name("trees.json")


def overlay_probability(features: Features) -> float:
    """Probability, 0..1, that text was laid over the photo rather than photographed with it.

    Overlays are level, of one flat and often pure colour, crisper than the photo, and may stand
    on the bare backdrop, where nothing could be printed.
    """
    if features["ink_common"] < 0:
        return 0.0
    points = -2.6
    points += 1.0 if features["tilt"] < 1.5 and not features["upright"] else -1.0
    points += 3.0 * (features["ink_common"] - 0.6)
    points += 1.5 if features["ink_pure"] < 12 else 0.0
    points += 8.0 * min(features["crisp_over_photo"], 0.2)
    points += 2.5 * features["backdrop_rim"]
    points += 1.0 if min(features["from_side"], features["from_top"]) < 0.06 else 0.0
    points -= 0.1 * max(features["regions"] - 4, 0)
    return 1 / (1 + math.exp(-points))
