"""Limits proposed from good edits."""

import numpy as np
import pytest

from gates.contract import Gate, GateError, Limit
from review.tools.calibrate import propose

GATES = [
    Gate("one", frozenset({"t"}), {"up": Limit(at_most=1), "down": Limit(at_least=1)}, lambda edit: {}),
    Gate("exact", frozenset({"t"}), {"count": Limit(at_most=0)}, lambda edit: {}),
    Gate("both", frozenset({"t"}), {"range": Limit(at_least=-1, at_most=1)}, lambda edit: {}),
]
RANDOM = np.random.default_rng(2)
GOOD = [
    {"up": float(up), "down": float(down), "range": float(both), "count": 0.0}
    for up, down, both in RANDOM.normal(0, 1, (400, 3))
]


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05, 0.2])
def test_no_more_good_edits_are_flagged_than_wished_and_nearly_as_many(rate: float) -> None:
    result = propose(GOOD, GATES, rate)
    assert rate - 0.02 <= result.flagged <= rate
    assert result.flagged <= result.upper
    assert result.edits == len(GOOD)


def test_limits_keep_their_direction_and_exact_ones_stay() -> None:
    limits = propose(GOOD, GATES).limits
    assert limits["count"] == Limit(at_most=0)
    assert limits["up"].at_least is None
    assert limits["down"].at_most is None
    low, high = limits["range"].at_least, limits["range"].at_most
    assert low is not None
    assert high is not None
    assert low < 0 < high


def at_most(limit: Limit) -> float:
    assert limit.at_most is not None
    return limit.at_most


def at_least(limit: Limit) -> float:
    assert limit.at_least is not None
    return limit.at_least


def test_a_wider_rate_gives_tighter_limits() -> None:
    strict, lax = propose(GOOD, GATES, 0.2).limits, propose(GOOD, GATES, 0.01).limits
    assert at_most(strict["up"]) < at_most(lax["up"])
    assert at_least(strict["down"]) > at_least(lax["down"])


def test_too_few_good_edits_are_refused() -> None:
    with pytest.raises(GateError, match="5 good edits are too few"):
        propose(GOOD[:5], GATES)


def test_a_rate_that_is_no_share_is_refused() -> None:
    with pytest.raises(GateError, match="share from 0 to 1, not 2"):
        propose(GOOD, GATES, 2)
