"""An upper bound on the share of bad pictures that holds however often it is looked at. Pure.

Pictures are drawn at random without replacement. Against "at least the share m is bad" each judged picture is bet on:
with q the share of bad ones among those not judged yet, were m true, a bad picture multiplies the wealth by r < 1 and
a good one by (1 - r q) / (1 - q), whose mean is at most 1 where m is true. So is the mean of the wealth over several r.
The probability that it ever reaches 1/alpha is then at most alpha (Ville 1939), and a share whose wealth has reached
it is ruled out. Sources: Waudby-Smith and Ramdas, "Confidence sequences for sampling without replacement" (NeurIPS
2020), and "Estimating means of bounded random variables by betting" (Journal of the Royal Statistical Society B, 2024).

Half of the wealth bets on no bad picture at all: 0 of 300 then rules out 1.1 %, where the rule of three, which allows
one look only, rules out 1.0 %.
"""

import math
from collections.abc import Sequence
from typing import Final

BETS: Final = ((0.0, 0.5), (0.1, 0.1), (0.2, 0.1), (0.35, 0.1), (0.5, 0.1), (0.7, 0.1))
"""(r, part of the wealth): r is the assumed share of bad pictures, as a part of the share to be ruled out."""
ALPHA: Final = 0.05
"""Maximum probability that the bound is ever below the true share."""


def upper_bound(judged: Sequence[bool], population: int | None = None, alpha: float = ALPHA) -> float:
    """Least share of bad pictures (0..1) above which all are ruled out; 1 while nothing is.

    Args:
        judged: whether each judged picture is bad, in the order in which they were drawn.
        population: pictures from which they were drawn; None where there are many more than are judged.
    """
    if not judged:
        return 1.0
    if population is not None:
        return _of_counts(judged, population, alpha)
    bad, good = sum(judged), len(judged) - sum(judged)
    low, high = bad / len(judged), 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _log_wealth(bad, good, middle) >= -math.log(alpha) else (middle, high)
    return high


def _log_wealth(bad: int, good: int, share: float) -> float:
    """Evidence (natural logarithm) against ``share`` in a population so large that it stays the same."""
    if share >= 1:
        return math.inf if good else 0.0
    return _log_sum([
        math.log(part)
        + (bad * (math.log(bet) if bet else -math.inf) if bad else 0.0)
        + good * (math.log1p(-bet * share) - math.log1p(-share))
        for bet, part in BETS
    ])  # fmt: skip


def _of_counts(judged: Sequence[bool], population: int, alpha: float) -> float:
    """The same in a population of that size: the greatest number of bad ones that is not ruled out."""
    low, high = sum(judged), population - len(judged) + sum(judged)
    while low < high:
        middle = (low + high + 1) // 2
        is_out = _log_wealth_of_counts(judged, middle, population) >= -math.log(alpha)
        low, high = (low, middle - 1) if is_out else (middle, high)
    return low / population


def _log_wealth_of_counts(judged: Sequence[bool], bad: int, population: int) -> float:
    """Evidence (natural logarithm) against so many bad pictures among all."""
    logs = [math.log(part) for _, part in BETS]
    left, left_bad = population, bad
    for is_bad in judged:
        chance = left_bad / left
        if not is_bad and chance >= 1:
            return math.inf
        for number, (bet, _) in enumerate(BETS):
            if is_bad:
                logs[number] += math.log(bet) if bet else -math.inf
            else:
                logs[number] += math.log1p(-bet * chance) - math.log1p(-chance)
        left, left_bad = left - 1, left_bad - is_bad
    return _log_sum(logs)


def _log_sum(logs: Sequence[float]) -> float:
    greatest = max(logs)
    if greatest == -math.inf:
        return greatest
    return greatest + math.log(sum(math.exp(each - greatest) for each in logs))
