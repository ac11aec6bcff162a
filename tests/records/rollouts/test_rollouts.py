"""Rollouts in the records: counted once, moved by one decision, and undone photo by photo."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.states import ROLLOUT_MOVES, RolloutState
from records import outcomes
from records.rollouts import blind, choice, pairs, requeue
from records.rollouts import rollout as records
from records.rollouts.blind import Side
from records.rollouts.pairs import CandidateRun, Outcome, Pair
from records.shards import Claim
from records.step_results import ModelUsed
from tests.harness import db_builders, rollouts
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

ROLLED_BACK = "UPDATE rollouts SET state = 'rolled_back', decided_at = now(), cleared_at = now()"


@pytest.fixture(autouse=True)
def no_rollout_before() -> Iterator[None]:
    yield
    db_builders.execute(f"{ROLLED_BACK} WHERE state <> 'rolled_back'")
    db_builders.execute("UPDATE shards SET state = 'done', lease_until = NULL WHERE state = 'open'")


def start(**more: object) -> int:
    """A rollout at the step of the records' builders."""
    values = {"revision": "1", "step": "sabotage"} | more
    new = records.NewRollout(incumbent="plain", candidate="other", **values)  # type: ignore[arg-type]
    return transact(partial(records.start, new=new, person="person:ada", again=True))


def claimed(images: int = 4) -> Claim:
    """A shard that is claimed for its second step."""
    shard = db_builders.shard(db_builders.batch(images))
    db_builders.finish(db_builders.claim(shard))
    return db_builders.claim(shard, 1)


def begun(number: int, claim: Claim) -> frozenset[int]:
    ids = [image.id for image in claim.images]
    current = rollouts.get(number)
    return transact(partial(pairs.begin, rollout=current, claim=claim, image_ids=ids))


def run_of(
    number: int, claim: Claim, *, worse: int = 0, seconds: float = 1.0, fault: str = ""
) -> CandidateRun:
    """The first images are worse, the others equal; the model in use takes a second for each."""
    made = [
        Pair(image.id, Outcome.WORSE if index < worse else Outcome.EQUAL, 1.0, seconds, "gate.reading")
        for index, image in enumerate(claim.images)
    ]
    return CandidateRun(number, tuple(made), fault)


def finish(claim: Claim, run: CandidateRun, *, shipping: bool = False) -> None:
    results = db_builders.results(claim)
    if shipping:
        used = ModelUsed("other", "1", {}, run.rollout_id)
        from dataclasses import replace

        results = [replace(result, used=used) for result in results]
    step = db_builders.ran(claim)
    transact(lambda connection: outcomes.finish(connection, claim, step, results, run))


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
    from dataclasses import replace

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


def test_of_many_who_decide_at_once_one_does() -> None:
    number = start()

    def decide(new: RolloutState) -> bool:
        return transact(
            lambda connection: records.move(
                connection, number, [RolloutState.SHADOW], new, by="evidence", reason=new.value
            )
        )

    choices = [RolloutState.ROLLED_BACK, RolloutState.INCONCLUSIVE, RolloutState.RAMP] * 4
    with ThreadPoolExecutor(6) as threads:
        decided = list(threads.map(decide, choices))
    assert sum(decided) == 1
    assert rollouts.get(number).state is choices[decided.index(True)]


def test_postgres_refuses_an_illegal_move_and_holds_the_legal_ones() -> None:
    number = start()
    rollouts.put(number, state="rolled_back")
    with pytest.raises(sa.exc.IntegrityError, match="may not go from rolled_back to ramp"):
        rollouts.put(number, state="ramp")
    with engine().connect() as connection:
        rows = connection.execute(sa.text("SELECT old::text, new::text FROM rollout_moves")).all()
        states = connection.scalar(sa.text("SELECT enum_range(NULL::rollout_state)::text[]"))
    assert {tuple(row) for row in rows} == ROLLOUT_MOVES
    assert states == [state.value for state in RolloutState]


def test_the_same_weights_start_again_only_where_that_is_asked_for() -> None:
    new = records.NewRollout("find_text", "plain", "other", "1", "5a" * 32)
    number = transact(partial(records.start, new=new, person="person:ada"))
    with pytest.raises(InputError, match="another candidate is being compared"):
        transact(partial(records.start, new=new, person="person:ada"))
    rollouts.put(number, state="rolled_back", decided_at=sa.func.now())
    renamed = records.NewRollout("find_text", "plain", "renamed", "7", "5a" * 32)
    for each in (new, renamed):
        with pytest.raises(InputError, match="only with --again"):
            transact(partial(records.start, new=each, person="person:ada"))
    assert transact(partial(records.start, new=renamed, person="person:ada", again=True)) > number


def test_promoted_candidates_take_the_place_of_each_other_in_their_order() -> None:
    def in_force(model: str) -> records.ModelInForce:
        return transact(partial(records.in_force, step="denoise", model=model))

    def promote(before: str, after: str) -> int:
        new = records.NewRollout("denoise", before, after, "1")
        number = transact(partial(records.start, new=new, person="person:ada", again=True))
        transact(
            lambda connection: records.move(
                connection, number, [RolloutState.SHADOW], RolloutState.PROMOTED, by="person:ada", reason=""
            )
        )
        return number

    first, second = promote("a", "b"), promote("b", "a")
    assert in_force("a").model == "a"
    assert in_force("c") == records.ModelInForce("c")
    third = promote("a", "c")
    assert (in_force("a").model, in_force("b").model) == ("c", "c")
    assert transact(records.proven) >= {("denoise", "b"), ("denoise", "c")}
    rollouts.put(third, state="rolled_back")
    rollouts.put(second, state="rolled_back")
    promoted = in_force("a").promoted
    assert promoted is not None
    assert promoted.id == first


def shipped_batch(number: int) -> Claim:
    """A batch that is delivered with a candidate's pictures."""
    claim = claimed()
    begun(number, claim)
    rollouts.put(number, state="ramp")
    finish(claim, run_of(number, claim), shipping=True)
    return claim


def left(number: int) -> list[int]:
    current = rollouts.get(number)
    return [photo.image_id for photo in transact(partial(requeue.shipped, rollout=current))]


def test_photos_that_went_on_with_the_candidate_go_through_its_step_again() -> None:
    number = start()
    claim = shipped_batch(number)
    ids = [image.id for image in claim.images]
    assert left(number) == ids  # still on their way: they wait for the end
    db_builders.finish(db_builders.claim(claim.shard_id, 2))
    rollouts.put(number, state="rolled_back", decided_at=sa.func.now())
    current = rollouts.get(number)
    for photo in transact(partial(requeue.shipped, rollout=current)):
        assert photo.is_settled
        assert transact(partial(requeue.send_back, photo=photo), actor=f"rollout:{number}")
    rows = db_builders.rows(claim.batch_id)
    assert {(row.state, row.step, row.current) for row in rows} == {
        ("waiting", 1, f"objects/{row.id}-0") for row in rows
    }
    assert db_builders.moves(ids[0])[-1] == ("delivered", "waiting", f"rollout:{number}")
    assert (
        db_builders.execute("SELECT count(*) FROM withdrawals WHERE batch_id = :b", b=claim.batch_id).scalar()
        == 4
    )
    assert left(number) == []
    assert transact(partial(requeue.clear, rollout=current))
    assert current.id not in [each.id for each in transact(requeue.uncleared)]


def test_a_photo_in_a_halted_batch_waits_and_one_that_a_person_discarded_stays() -> None:
    from records import batches, decisions

    number = start()
    claim = shipped_batch(number)
    db_builders.finish(db_builders.claim(claim.shard_id, 2))
    gone, *others = [image.id for image in claim.images]
    transact(partial(decisions.reject, image_id=gone), actor="person:ada")
    rollouts.put(number, state="rolled_back", decided_at=sa.func.now())
    current = rollouts.get(number)
    transact(partial(batches.halt, batch_id=claim.batch_id, reason="by hand"))
    assert left(number) == others
    photos = transact(partial(requeue.shipped, rollout=current))
    assert [transact(partial(requeue.send_back, photo=photo)) for photo in photos] == [False] * 3
    assert not transact(partial(requeue.clear, rollout=current))


def test_a_blind_answer_counts_once_for_the_model_that_made_the_picture() -> None:
    number, claim = start(), claimed(6)
    begun(number, claim)
    stored = [
        Pair(image.id, Outcome.EQUAL, 1, 1, input="in", incumbent_output="old", candidate_output="new")
        for image in claim.images
    ]
    transact(partial(pairs.record, run=CandidateRun(number, tuple(stored))))
    questions = [each for each in transact(blind.questions) if each.rollout_id == number]
    assert len(questions) == 6
    assert {question.left for question in questions} == {"old", "new"}  # sides differ, by a hash
    for question in questions:
        side = Side.LEFT if question.left == "new" else Side.RIGHT
        reply = partial(
            blind.answer, rollout_id=number, image_id=question.image_id, side=side, person="person:ada"
        )
        transact(reply)
        with pytest.raises(InputError, match="waits for an answer"):
            transact(reply)
    after = rollouts.get(number)
    assert (after.prefers_candidate, after.prefers_incumbent, after.prefers_neither) == (6, 0, 0)
    assert [each for each in transact(blind.questions) if each.rollout_id == number] == []


def test_photos_are_chosen_by_a_hash_and_a_growing_share_only_adds_some() -> None:
    from dataclasses import replace

    current = rollouts.get(start(share=0.2))
    chosen = {image for image in range(5000) if choice.is_chosen(current, image)}
    more = {image for image in range(5000) if choice.is_chosen(replace(current, share=0.5), image)}
    assert 900 < len(chosen) < 1100
    assert chosen < more
    assert 180 < sum(choice.is_stored(current.id, image) for image in range(5000)) < 320
    other = replace(current, id=current.id + 1)
    assert chosen != {image for image in range(5000) if choice.is_chosen(other, image)}
