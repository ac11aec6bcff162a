"""Features of a piece of text in, probability of being an overlay out."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tasks.overlay.features import Features

TREES = Path(__file__).with_name("trees.json")
"""Written by ``python -m bench.train_overlay``."""


@dataclass(frozen=True)
class Forest:
    """Gradient-boosted trees (Friedman, 2001): the sum of their leaves is the log-odds.

    Attributes:
        features: names in the order that the trees count them in.
        prior: log-odds before any tree.
        trees: of each tree, by node: feature, threshold (left when at most), left, right, value.
    """

    features: tuple[str, ...]
    prior: float
    trees: tuple[Mapping[str, Any], ...]

    def probability(self, features: Features) -> float:
        """Probability, 0..1; a feature that is not a number counts as -1, "could not be measured"."""
        values = [features[name] for name in self.features]
        values = [value if math.isfinite(value) else -1.0 for value in values]
        odds = self.prior
        for tree in self.trees:
            node, left, right = 0, tree["left"], tree["right"]
            while left[node] >= 0:
                below = values[tree["feature"][node]] <= tree["threshold"][node]
                node = left[node] if below else right[node]
            odds += tree["value"][node]
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


@cache
def forest() -> Forest:
    """The forest that is shipped."""
    stored = json.loads(TREES.read_text(encoding="utf-8"))
    return Forest(tuple(stored["features"]), float(stored["prior"]), tuple(stored["trees"]))


def overlay_probability(features: Features) -> float:
    """Probability, 0..1, that text was laid over the photo rather than photographed with it."""
    return forest().probability(features)
