"""Undoing a decision puts an image back, wherever it has come to; what a person ordered is shown and never counted."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from records import batches, decisions
from records.history import decision_log, undo
from records.history.decision_log import RESTORED
from records.history.undo import UndoError, Undone
from records.storage import withdrawals
from tests.harness import db_builders
from tests.harness.context import database, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

LAST = len(db_builders.STEPS) - 1
ADA = "person:ada"


def row_of(image: int) -> sa.Row[Any]:
    return db_builders.execute("SELECT * FROM images WHERE id = :id", id=image).one()


def restored(image: int) -> dict[str, Any]:
    row = row_of(image)
    return {name: getattr(row, name) for name in RESTORED}


def only_image(batch: int) -> int:
    return int(db_builders.rows(batch)[0].id)


def decide(kind: str, image: int) -> None:
    acts = {
        "accept": partial(decisions.accept, image_id=image, removing=(), last=LAST),
        "keep": partial(decisions.keep, image_id=image, last=LAST),
        "reject": partial(decisions.reject, image_id=image),
        "requeue": partial(decisions.requeue, image_id=image),
        "rollback": partial(decisions.rollback, image_id=image, position=1, transform=db_builders.STEPS[1]),
    }
    transact(acts[kind], actor=ADA)


def undone(image: int, actor: str = ADA) -> Undone:
    return transact(partial(undo.undo_image, image_id=image), actor=actor)


@pytest.mark.parametrize("kind", ["accept", "keep", "reject", "requeue", "rollback"])
def test_undoing_a_decision_about_a_flagged_image_restores_it_wholly(kind: str) -> None:
    image = only_image(db_builders.flagged(1))
    before = restored(image)
    decide(kind, image)
    assert restored(image) != before
    result = undone(image)
    assert (result.image, result.kind, result.is_pending) == (image, kind, False)
    assert restored(image) == before


@pytest.mark.parametrize("kind", ["reject", "requeue", "rollback"])
def test_a_delivered_image_is_delivered_again_when_the_decision_against_it_is_undone(kind: str) -> None:
    batch = db_builders.delivered(1)
    image = only_image(batch)
    picture = row_of(image).current
    transact(partial(batches.close, batch_id=batch))
    decide(kind, image)
    undone(image)
    row = row_of(image)
    assert (row.state, row.step, row.current) == ("waiting", LAST, picture)
    assert db_builders.head(batch).state == "running"


def test_what_was_delivered_meanwhile_is_withdrawn_when_the_answer_is_undone() -> None:
    batch = db_builders.flagged(1)
    image = only_image(batch)
    decide("accept", image)
    db_builders.through(db_builders.shard(batch, at=2), 1)
    assert row_of(image).state == "delivered"
    undone(image)
    assert row_of(image).state == "flagged"
    pending = transact(lambda connection: withdrawals.pending(connection, batch))
    assert pending == [(batch, row_of(image).file)]


def test_an_image_in_a_workers_hands_is_put_back_when_the_worker_is_done() -> None:
    batch = db_builders.flagged(1)
    image = only_image(batch)
    before = restored(image)
    decide("accept", image)
    taken = db_builders.claim(db_builders.shard(batch, at=2))
    assert undone(image).is_pending
    undo.put_back_pending(database())
    assert row_of(image).state == "working"
    db_builders.finish(taken, [db_builders.fail(result) for result in db_builders.results(taken)])
    undo.put_back_pending(database())
    assert restored(image) == before
    assert db_builders.moves(image)[-1][:2] == ("failed", "flagged")


def test_decisions_are_undone_one_after_the_other_the_newest_first() -> None:
    one, two = (int(row.id) for row in db_builders.rows(db_builders.flagged(2)))
    actor = "person:newest-first"
    for image in (one, two):
        transact(partial(decisions.reject, image_id=image), actor=actor)
    transact(partial(decisions.requeue, image_id=one), actor=actor)
    order = [transact(partial(undo.undo_last, actor=actor), actor=actor) for _ in range(3)]
    assert [(each.image, each.kind) for each in order] == [(one, "requeue"), (two, "reject"), (one, "reject")]
    assert {row_of(one).state, row_of(two).state} == {"flagged"}
    with pytest.raises(UndoError, match="nothing to undo"):
        transact(partial(undo.undo_last, actor=actor), actor=actor)
    log = transact(partial(decision_log.newest, actor=actor))
    assert [each.undo_by for each in log] == [actor] * 3


def test_a_decision_after_which_another_was_taken_is_not_undone_alone() -> None:
    image = only_image(db_builders.flagged(1))
    decide("reject", image)
    first = transact(partial(decision_log.standing, image_id=image))
    assert first is not None
    transact(partial(decisions.requeue, image_id=image), actor="person:bob")
    with pytest.raises(UndoError, match="decided again since"):
        transact(partial(undo.undo, decision_id=first), actor=ADA)
    undone(image)
    undone(image)
    with pytest.raises(UndoError, match="no decision to undo"):
        undone(image)


def test_the_breaker_does_not_count_the_edits_that_a_person_ordered() -> None:
    batch = db_builders.flagged(2)
    ordered, other = (int(row.id) for row in db_builders.rows(batch))
    for image in (ordered, other):
        decide("requeue", image)
    transact(partial(decisions.mark_ordered, image_id=ordered, look_step=1), actor=ADA)
    counted = db_builders.head(batch)
    taken = db_builders.claim(db_builders.shard(batch, at=1))
    db_builders.finish(taken, bad=[ordered, other])
    now = db_builders.head(batch)
    assert (now.judged - counted.judged, now.artifacts - counted.artifacts) == (1, 1)
    assert [row_of(image).artifact for image in (ordered, other)] == [False, True]
    assert [row_of(image).judged for image in (ordered, other)] == [False, True]
