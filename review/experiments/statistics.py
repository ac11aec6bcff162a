"""Significance of differences between paired measurements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_PAIRS = 5
"""Minimum number of pairs for a statement about significance."""
SIGNIFICANCE = 0.05
"""Significance level: maximum p-value of a significant difference."""
RESAMPLES = 2000
"""Number of bootstrap resamples."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean difference of pairs, second minus first.

    Attributes:
        mean: the mean difference.
        low, high: ends of its 95 % confidence interval; infinite with fewer than :data:`MIN_PAIRS` pairs.
    """

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def paired(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Mean of second − first with its confidence interval by the percentile bootstrap over pairs (Efron, 1979)."""
    differences = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    mean = float(differences.mean()) if differences.size else 0.0
    if differences.size < MIN_PAIRS:
        return Difference(mean, -math.inf, math.inf)
    random = np.random.default_rng(0)  # fixed, for reproducible intervals
    drawn = random.integers(0, differences.size, (RESAMPLES, differences.size))
    low, high = np.percentile(differences[drawn].mean(axis=1), (2.5, 97.5))
    return Difference(mean, float(low), float(high))


def sign_test(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test.

    Args:
        only_first: number of pairs in which only the first is positive.
        only_second: number of pairs in which only the second is positive.
    """
    total = only_first + only_second
    if not total:
        return 1.0
    tail = sum(math.comb(total, at) for at in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**total))
