"""The evidence of a rollout: a sequential test on pairs that is valid however often it is looked at. Pure.

Each photo goes through the model in use and through the candidate, and the same gates judge both results. With D = 1
where only the candidate's is flagged, -1 where only the other's is, and 0 where both or neither are, the mean of D is
the rise of the artifact rate. A bet on D whose expected factor is at most 1 under a null hypothesis multiplies into an
e-process: the probability that it ever reaches 1/alpha is at most alpha (Ville 1939; Waudby-Smith and Ramdas, 2024,
"Estimating means of bounded random variables by betting"). The bets are mixed over a grid of stakes.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STAKES: Final = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""Shares of the wealth that are bet on each pair; the mean over them is the evidence."""
MAX_LOG: Final = 700.0
"""Maximum exponent that a float holds."""


class Decision(StrEnum):
    """What the evidence says."""

    GO_ON = "go on"
    ROLL_BACK = "roll back"
    PROMOTE = "promote"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Photos that went through both models, by what the gates said of the two results.

    Attributes:
        worse: only the candidate's result was flagged for an artifact.
        better: only the result of the model in use was.
        equal: both or neither.
    """

    worse: int = 0
    better: int = 0
    equal: int = 0

    @property
    def count(self) -> int:
        return self.worse + self.better + self.equal

    @property
    def change(self) -> float:
        """Observed change of the artifact rate, -1..1; above 0 the candidate is worse."""
        return (self.worse - self.better) / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a rollout.

    Photos of one upload are alike, and the first uploads may be of vendors whom the candidate suits: then pairs alone
    promote wrongly more often than their number says. So pairs of several uploads need seventeen times the evidence,
    which keeps wrong promotions of clustered photos below 5 % (``python -m bench.rollout`` measures them).
    Pairs of one upload need no more than their own error, because they speak of photos like these alone.

    Attributes:
        margin: rise of the artifact rate that is still harmless (0..1).
        alpha: probability of a wrong rollback, however often the evidence is looked at.
        promotion_alpha: the same of a wrong promotion, where all pairs are of one upload.
        clustered_alpha: what takes its place where they are of several.
        preference_alpha: probability of a wrong rollback by people's blind answers.
        max_pairs: pairs after which a person decides.
    """

    margin: float = 0.02
    alpha: float = 0.05
    promotion_alpha: float = 0.05
    clustered_alpha: float = 0.003
    preference_alpha: float = 0.01
    max_pairs: int = 4000

    def evidence_to_promote(self, uploads: int) -> float:
        """E-value from which on a candidate is promoted on pairs of so many uploads."""
        return 1 / (self.promotion_alpha if uploads <= 1 else self.clustered_alpha)


def evidence_of_rise(pairs: Pairs, null: float = 0.0) -> float:
    """E-value against "the artifact rate rises by at most ``null``" (-1 < null < 1)."""
    logs = [
        _log(pairs.worse, 1 + stake * (1 - null) / (1 + null))
        + _log(pairs.better, 1 - stake)
        + _log(pairs.equal, 1 - stake * null / (1 + null))
        for stake in STAKES
    ]
    highest = max(logs)
    log_mean = highest + math.log(sum(math.exp(log - highest) for log in logs) / len(logs))
    return math.exp(min(log_mean, MAX_LOG))


def evidence_of_harm(pairs: Pairs) -> float:
    """E-value against "the candidate is not worse"."""
    return evidence_of_rise(pairs)


def evidence_of_harmlessness(pairs: Pairs, margin: float) -> float:
    """E-value against "the candidate is worse by ``margin`` or more"."""
    return evidence_of_rise(Pairs(pairs.better, pairs.worse, pairs.equal), -margin)


def decide(pairs: Pairs, uploads: int, rule: Rule) -> Decision:
    """What the evidence says now. Harm goes first; pairs that run out are inconclusive, never a promotion.

    Args:
        uploads: number of uploads that the pairs come from.
    """
    if evidence_of_harm(pairs) >= 1 / rule.alpha:
        return Decision.ROLL_BACK
    if evidence_of_harmlessness(pairs, rule.margin) >= rule.evidence_to_promote(uploads):
        return Decision.PROMOTE
    return Decision.INCONCLUSIVE if pairs.count >= rule.max_pairs else Decision.GO_ON


def interval(pairs: Pairs, alpha: float) -> tuple[float, float]:
    """Interval that holds the true change at all times at once with probability 1 - ``alpha``."""
    mirrored = Pairs(pairs.better, pairs.worse, pairs.equal)
    return _lower_bound(pairs, alpha / 2), -_lower_bound(mirrored, alpha / 2)


def _lower_bound(pairs: Pairs, alpha: float) -> float:
    """Greatest rise that the evidence rules out; it falls with the null, so bisection finds it."""
    low, high = -1.0, min(0.999, pairs.change)
    if not pairs.count or high <= low:
        return low
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if evidence_of_rise(pairs, middle) >= 1 / alpha else (low, middle)
    return low


def _log(count: int, factor: float) -> float:
    return count * math.log(factor) if count else 0.0
