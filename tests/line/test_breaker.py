"""The breaker's arithmetic, by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from line.breaker import Breaker, Counts, Rule, after_judging, after_probe

COUNTS = st.integers(0, 500).flatmap(
    lambda judged: st.builds(Counts, st.just(judged), st.integers(0, judged))
)
RULES = st.builds(Rule, st.floats(0, 1), st.integers(1, 200))


@given(COUNTS, RULES)
def test_a_closed_breaker_trips_only_above_its_threshold_and_sample(counts: Counts, rule: Rule) -> None:
    tripped = after_judging(Breaker.CLOSED, counts, rule) is Breaker.TRIPPED
    over = counts.judged > 0 and counts.artifacts / counts.judged > rule.threshold
    assert tripped == (over and counts.judged >= rule.min_judged)


@given(COUNTS, RULES)
def test_a_worse_batch_trips_wherever_a_better_one_does(counts: Counts, rule: Rule) -> None:
    worse = Counts(counts.judged, min(counts.judged, counts.artifacts + 1))
    if after_judging(Breaker.CLOSED, counts, rule) is Breaker.TRIPPED:
        assert after_judging(Breaker.CLOSED, worse, rule) is Breaker.TRIPPED


@given(st.sampled_from([Breaker.TRIPPED, Breaker.PROBING]), COUNTS, RULES)
def test_verdicts_alone_never_move_an_open_breaker(breaker: Breaker, counts: Counts, rule: Rule) -> None:
    assert after_judging(breaker, counts, rule) is breaker


@given(COUNTS, RULES)
def test_a_probe_needs_no_minimum_sample_but_some_verdict(counts: Counts, rule: Rule) -> None:
    after = after_probe(counts, rule)
    if counts.judged == 0:
        assert after is Breaker.PROBING
    else:
        assert after is (Breaker.TRIPPED if counts.rate > rule.threshold else Breaker.CLOSED)


@pytest.mark.parametrize(
    ("judged", "artifacts", "expected"),
    [
        (39, 39, Breaker.CLOSED),
        (40, 6, Breaker.CLOSED),  # exactly 15 %
        (40, 7, Breaker.TRIPPED),
        (400, 60, Breaker.CLOSED),
        (400, 61, Breaker.TRIPPED),
    ],
)
def test_the_default_rule_is_more_than_15_percent_of_at_least_40(
    judged: int, artifacts: int, expected: Breaker
) -> None:
    assert after_judging(Breaker.CLOSED, Counts(judged, artifacts), Rule()) is expected


def test_nothing_judged_is_a_rate_of_zero() -> None:
    assert Counts().rate == 0.0
