"""Each photo counts once, in the transaction of its step, and the candidate has a breaker of its own."""

from dataclasses import replace
from functools import partial

import pytest

from line.states import RolloutState
from records import outcomes
from records.rollouts import pairs
from records.rollouts import rollout as records
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.scenes import rollouts
from tests.harness.scenes.rollouts import begin_at_sabotage as start
from tests.harness.scenes.rollouts import begun, claimed, finish, run_of

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records", "no_rollout_left")]


def test_counters_move_with_the_records_of_the_step() -> None:
    number, claim = start(), claimed()
    assert begun(number, claim) == {image.id for image in claim.images}
    finish(claim, run_of(number, claim, worse=1))
    after = rollouts.get(number)
    assert (after.worse, after.better, after.equal) == (1, 0, 3)
    assert (after.incumbent_seconds, after.candidate_seconds) == (4.0, 4.0)
    assert transact(partial(records.uploads, rollout_id=number)) == 1


def test_a_step_that_is_not_recorded_counts_nothing() -> None:
    number, claim = start(), claimed()
    begun(number, claim)
    db_builders.execute("UPDATE shards SET lease_pid = 1 WHERE id = :id", id=claim.shard_id)
    with pytest.raises(Exception, match="taken back"):
        finish(claim, run_of(number, claim, worse=4))
    assert rollouts.get(number).pairs == 0


def test_a_photo_counts_once_however_often_its_pair_is_recorded() -> None:
    number, claim = start(), claimed()
    begun(number, claim)
    run = run_of(number, claim, worse=2)
    for _ in range(3):
        transact(partial(pairs.record, run=run))
    assert (rollouts.get(number).worse, rollouts.get(number).pairs) == (2, 4)
    assert begun(number, claim) == frozenset()


def test_a_photo_whose_worker_was_lost_does_not_meet_the_candidate_again() -> None:
    number, claim = start(), claimed()
    begun(number, claim)
    assert begun(number, claim) == frozenset()


def test_a_worker_that_is_lost_with_a_shard_that_another_left_unfinished_is_not_charged() -> None:
    number, claim = start(), claimed()
    begun(number, claim)
    begun(number, claim)  # the next worker, after the lease of the first ran out
    transact(partial(pairs.note_lost_worker, shard_id=claim.shard_id, is_crash=True))
    assert rollouts.get(number).state is RolloutState.SHADOW
    assert {row.outcome for row in rollouts.pair_rows(number)} == {"lost"}


def test_seconds_of_both_models_are_paid() -> None:
    claim = claimed()
    results = [replace(result, seconds=1.0, trial_seconds=2.0) for result in db_builders.results(claim)]
    step = db_builders.ran(claim)
    transact(lambda connection: outcomes.finish(connection, claim, step, results))
    row = db_builders.execute(
        "SELECT sum(cost) AS cost, sum(seconds) AS seconds FROM steps WHERE shard_id = :id AND position = 1",
        id=claim.shard_id,
    ).one()
    assert (round(row.cost, 6), row.seconds) == (0.12, 4.0)


@pytest.mark.parametrize(
    ("seconds", "fault", "reason"),
    [(1.0, "crash: on 1.jpg", "crash: on 1.jpg"), (2.5, "", "it takes 2.5 times as long as plain")],
)
def test_the_breaker_of_a_candidate_trips_in_the_transaction_of_the_step(
    seconds: float, fault: str, reason: str
) -> None:
    number, claim = start(), claimed(16)
    begun(number, claim)
    finish(claim, run_of(number, claim, seconds=seconds, fault=fault))
    after = rollouts.get(number)
    assert (after.state, after.decided_by) == (RolloutState.ROLLED_BACK, "breaker")
    assert after.reason.startswith(reason)


def test_few_pairs_say_nothing_of_the_latency() -> None:
    number, claim = start(), claimed(4)
    begun(number, claim)
    finish(claim, run_of(number, claim, seconds=9.0))
    assert rollouts.get(number).state is RolloutState.SHADOW


def test_a_process_that_died_alone_is_a_crash_and_three_lost_workers_are_one_too() -> None:
    number, claim = start(), claimed()
    begun(number, claim)
    for count in (1, 2):
        transact(partial(pairs.note_lost_worker, shard_id=claim.shard_id, is_crash=False))
        assert (rollouts.get(number).state, rollouts.get(number).lost_workers) == (RolloutState.SHADOW, count)
    transact(partial(pairs.note_lost_worker, shard_id=claim.shard_id, is_crash=False))
    assert rollouts.get(number).state is RolloutState.ROLLED_BACK
    again = start()
    begun(again, claim)
    transact(partial(pairs.note_lost_worker, shard_id=claim.shard_id, is_crash=True))
    assert rollouts.get(again).reason == "crash: the process that ran it died"


def test_a_worker_that_was_lost_while_no_candidate_ran_is_not_charged() -> None:
    number, claim = start(), claimed()
    transact(partial(pairs.note_lost_worker, shard_id=claim.shard_id, is_crash=True))
    assert rollouts.get(number).state is RolloutState.SHADOW
