"""Features of a piece of text in, probability of being an overlay out: by itself first, then in company."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from overlay.classify.features import Features

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

    def odds(self, features: Features) -> float:
        """Log-odds; a feature that is not a number counts as -1, "could not be measured"."""
        values = [features[name] for name in self.features]
        values = [value if math.isfinite(value) else -1.0 for value in values]
        odds = self.prior
        for tree in self.trees:
            node, left, right = 0, tree["left"], tree["right"]
            while left[node] >= 0:
                below = values[tree["feature"][node]] <= tree["threshold"][node]
                node = left[node] if below else right[node]
            odds += tree["value"][node]
        return float(odds)


@cache
def forests() -> tuple[Forest, Forest]:
    """The forests that are shipped: for a text by itself, and for it among the photo's others."""
    stored = json.loads(TREES.read_text(encoding="utf-8"))
    alone, among = (
        Forest(tuple(one["features"]), float(one["prior"]), tuple(one["trees"]))
        for one in (stored["alone"], stored["among"])
    )
    return alone, among


def overlay_odds(features: Features) -> float:
    """Log-odds that text was laid over the photo rather than photographed with it, by itself."""
    return forests()[0].odds(features)


def company_odds(heard: Features) -> float:
    """The same once the other texts of the photo are heard, from the features of ``company``."""
    return forests()[1].odds(heard)


def as_probability(odds: float) -> float:
    """The logistic function."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def as_odds(probability: float) -> float:
    """Its inverse."""
    kept = max(1e-12, min(1 - 1e-12, probability))
    return math.log(kept / (1 - kept))
