"""The evidence of a rollout: an e-process by its expectation, and decisions that are hardly ever wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rollout.evidence import (
    Decision,
    Pairs,
    Rule,
    decide,
    evidence_of_harm,
    evidence_of_harmlessness,
    evidence_of_rise,
    interval,
)

COUNTS = st.integers(0, 400)
PAIRS = st.builds(Pairs, COUNTS, COUNTS, st.integers(0, 4000))


def test_no_pair_is_no_evidence() -> None:
    assert evidence_of_harm(Pairs()) == pytest.approx(1)
    assert evidence_of_harmlessness(Pairs(), 0.02) == pytest.approx(1)
    assert decide(Pairs(), 20, Rule()) is Decision.GO_ON


@given(null=st.floats(-0.5, 0.5), better=st.floats(0, 0.4), steps=st.integers(1, 4))
def test_the_expected_evidence_is_at_most_one_where_the_rate_rises_by_no_more_than_the_null(
    null: float, better: float, steps: int
) -> None:
    worse = max(0.0, min(1 - better, better + null))
    rates = (worse, better, 1 - worse - better)
    if worse - better > null + 1e-9:
        return
    expected = 0.0
    for a in range(steps + 1):
        for b in range(steps + 1 - a):
            c = steps - a - b
            ways = math.factorial(steps) / (math.factorial(a) * math.factorial(b) * math.factorial(c))
            probability = ways * rates[0] ** a * rates[1] ** b * rates[2] ** c
            expected += probability * evidence_of_rise(Pairs(a, b, c), null)
    assert expected <= 1 + 1e-9


@given(pairs=PAIRS)
def test_more_bad_pairs_are_never_less_evidence_of_harm(pairs: Pairs) -> None:
    worse = Pairs(pairs.worse + 1, pairs.better, pairs.equal)
    assert evidence_of_harm(worse) >= evidence_of_harm(pairs)
    assert evidence_of_harmlessness(worse, 0.02) <= evidence_of_harmlessness(pairs, 0.02)


@given(pairs=PAIRS)
def test_the_interval_holds_what_was_observed(pairs: Pairs) -> None:
    low, high = interval(pairs, 0.05)
    assert -1 <= low <= pairs.change <= high <= 1


def test_the_interval_narrows_with_the_pairs() -> None:
    widths = [high - low for low, high in (interval(Pairs(n, n, 98 * n), 0.05) for n in (1, 10, 100))]
    assert widths == sorted(widths, reverse=True)


def test_fewer_than_150_photos_without_any_difference_are_no_promotion() -> None:
    assert decide(Pairs(0, 0, 149), 20, Rule()) is Decision.GO_ON
    assert decide(Pairs(0, 0, 149), 20, Rule(max_pairs=149)) is Decision.INCONCLUSIVE


def test_a_candidate_that_ruins_every_eighth_photo_is_stopped_soon() -> None:
    stopped = next(
        n for n in range(1, 400) if decide(Pairs(n // 8, 0, n - n // 8), 20, Rule()) is Decision.ROLL_BACK
    )
    assert stopped <= 64


def test_pairs_of_several_uploads_need_more_evidence_than_pairs_of_one() -> None:
    pairs = Pairs(4, 4, 500)
    assert decide(pairs, 1, Rule()) is Decision.PROMOTE
    assert decide(pairs, 2, Rule()) is Decision.GO_ON
    assert decide(Pairs(4, 4, 800), 2, Rule()) is Decision.PROMOTE
    assert decide(pairs, 2, Rule(max_pairs=508)) is Decision.INCONCLUSIVE


def test_harm_goes_before_harmlessness() -> None:
    assert decide(Pairs(400, 0, 0), 20, Rule(margin=0.9)) is Decision.ROLL_BACK


@pytest.mark.parametrize(("worse", "better", "wrong"), [
    (0.02, 0.02, Decision.ROLL_BACK), (0.03, 0.01, Decision.PROMOTE),
])  # fmt: skip
def test_looking_after_every_photo_is_hardly_ever_wrong(worse: float, better: float, wrong: Decision) -> None:
    """100 rollouts: with a probability of at most 0.05 each, more than 12 wrong ones have a chance below 0.2 %."""
    random = np.random.default_rng(3)
    ends = []
    for _ in range(100):
        draws = random.random(1200)
        outcomes = np.where(draws < worse, 1, np.where(draws < worse + better, -1, 0))
        a, b = (outcomes == 1).cumsum(), (outcomes == -1).cumsum()
        changed = np.flatnonzero(outcomes)  # between two differences only harmlessness grows
        looks = sorted({*changed.tolist(), *range(0, 1200, 25)})
        pairs = (Pairs(int(a[at]), int(b[at]), int(at + 1 - a[at] - b[at])) for at in looks)
        decisions = (decide(each, 20, Rule()) for each in pairs)
        ends.append(next((each for each in decisions if each is not Decision.GO_ON), Decision.GO_ON))
    assert sum(end is wrong for end in ends) <= 12


def test_huge_counts_do_not_overflow() -> None:
    assert math.isfinite(evidence_of_harm(Pairs(10**6, 0, 0)))
    assert evidence_of_harm(Pairs(0, 10**6, 0)) == 0
