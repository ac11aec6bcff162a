"""Whether two things that were measured on the same pictures differ by more than chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 5
"""Pictures below which nothing is said of chance."""
SURE = 0.05
"""Probability of chance below which a difference is taken for one."""
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference of pairs, second less first.

    Attributes:
        low, high: ends of its 95 % interval; infinite where there are too few pairs.
    """

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired(first: Sequence[float], second: Sequence[float]) -> Difference:
    """The mean of second − first with its interval by the percentile bootstrap (Efron, 1979) over pairs."""
    differences = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    mean = float(differences.mean()) if differences.size else 0.0
    if differences.size < FEWEST:
        return Difference(mean, -math.inf, math.inf)
    random = np.random.default_rng(0)  # the same pictures, the same interval
    drawn = random.integers(0, differences.size, (RESAMPLES, differences.size))
    low, high = np.percentile(differences[drawn].mean(axis=1), (2.5, 97.5))
    return Difference(mean, float(low), float(high))


def sign_test(only_first: int, only_second: int) -> float:
    """Two-sided probability that chance alone parts pairs so unevenly (McNemar's exact test)."""
    total = only_first + only_second
    if not total:
        return 1.0
    tail = sum(math.comb(total, at) for at in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**total))
