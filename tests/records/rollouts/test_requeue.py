"""Photos that went on with a rolled back candidate go round again, and no others."""

from functools import partial

import pytest
import sqlalchemy as sa

from records import batches, decisions
from records.rollouts import requeue
from records.shards import Claim
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.scenes import rollouts
from tests.harness.scenes.rollouts import begin_at_sabotage as start
from tests.harness.scenes.rollouts import begun, claimed, finish, run_of

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records", "no_rollout_left")]


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
