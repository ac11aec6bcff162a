"""The scheduler decides rollouts by their evidence: never to promote what is not proven."""

from collections.abc import Iterator

import pytest

from line.states import RolloutState
from scheduler.rollout.rounds import RAMP_SHARES, STAGE_PAIRS, Rollouts, decide
from tests.harness import db_builders
from tests.harness.context import database, transact
from tests.harness.scenes import rollouts

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture(autouse=True)
def no_rollout_before() -> Iterator[None]:
    yield
    rollouts.end_all()


def decided(worse: int = 0, better: int = 0, equal: int = 0, **columns: object) -> int:
    """A rollout with these counters, after one round of two schedulers."""
    number = rollouts.start("twin")
    if state := columns.pop("state", None):
        rollouts.put(number, state=state)
    rollouts.put(number, worse=worse, better=better, equal=equal, **columns)
    for _ in range(2):
        transact(decide)
    return number


def test_proven_harm_rolls_back() -> None:
    after = rollouts.get(decided(8, 0, 56))
    assert (after.state, after.decided_by) == (RolloutState.ROLLED_BACK, "evidence")
    assert after.reason.startswith("worse on 64 pairs: worse 8, better 0, Δ +12.5 pp [")


def test_proven_harmlessness_ends_the_shadow_and_begins_the_ramp_on_a_small_share() -> None:
    after = rollouts.get(decided(1, 1, 500))
    assert (after.state, after.share, after.stage_began) == (RolloutState.RAMP, RAMP_SHARES[0], 502)


def test_pairs_that_prove_nothing_are_inconclusive_and_never_fine() -> None:
    number = decided(0, 0, 149)
    assert rollouts.get(number).state is RolloutState.SHADOW
    rollouts.put(number, max_pairs=149)
    transact(decide)
    after = rollouts.get(number)
    assert (after.state, after.reason) == (
        RolloutState.INCONCLUSIVE,
        "149 pairs prove neither harm nor harmlessness",
    )
    trouble = db_builders.execute(
        "SELECT sentence FROM troubles WHERE subject = :s", s=after.subject
    ).scalar_one()
    assert "until you decide" in trouble


def test_the_share_of_the_ramp_grows_with_its_pairs_until_the_candidate_is_promoted() -> None:
    number = decided(1, 1, 500)
    shares = []
    while rollouts.get(number).state is RolloutState.RAMP:
        shares.append(rollouts.get(number).share)
        transact(decide)
        assert rollouts.get(number).share == shares[-1]  # no pair at this share yet
        rollouts.put(number, equal=rollouts.get(number).equal + STAGE_PAIRS)
        transact(decide)
    assert shares == list(RAMP_SHARES)
    assert rollouts.get(number).state is RolloutState.PROMOTED


def test_harm_in_the_ramp_rolls_back() -> None:
    assert rollouts.get(decided(20, 1, 700, state="ramp")).state is RolloutState.ROLLED_BACK


def test_harmlessness_that_the_ramp_shows_no_more_is_inconclusive() -> None:
    after = rollouts.get(decided(12, 4, 550, state="ramp", share=RAMP_SHARES[-1]))
    assert after.state is RolloutState.INCONCLUSIVE


def test_people_who_prefer_the_model_in_use_roll_it_back() -> None:
    after = rollouts.get(decided(0, 0, 60, prefers_incumbent=16, prefers_candidate=1))
    assert after.state is RolloutState.ROLLED_BACK
    assert after.reason == "people preferred lanczos in 16 of 17 blind comparisons"


def test_a_rollback_without_photos_that_went_on_is_cleared_at_once() -> None:
    number = decided(8, 0, 56)
    Rollouts(database()).send_round()
    assert rollouts.get(number).cleared_at is not None
