"""The transaction that ends a step."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from line.errors import LeaseLostError
from records.step_results import NeedsReview
from tests.harness import db_builders
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that this process sends meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine(), "before_cursor_execute", note)


def test_a_large_shard_is_recorded_by_as_many_statements_as_a_small_one() -> None:
    counts = []
    for images in (2, 12):
        taken = db_builders.claim(db_builders.shard(db_builders.batch(images)))
        with statements() as sent:
            db_builders.finish(taken)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_images_of_a_shard_that_end_differently_are_each_recorded() -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    db_builders.finish(db_builders.claim(shard))
    taken = db_builders.claim(shard, at=1)
    passed, flagged, refused, failed = db_builders.results(taken)
    done = [
        passed,
        db_builders.flag(flagged, "thumbnail_too_small", "It is “small”: 9 × 9."),
        db_builders.refuse(refused, "not_a_picture", "It holds no picture."),
        db_builders.fail(failed, "object_missing", "It is gone."),
    ]
    assert isinstance(done[1].ending, NeedsReview)
    assert db_builders.finish(taken, done)
    rows = db_builders.rows(batch)
    assert [(str(row.state), row.reason, row.step) for row in rows] == [
        ("working", "", 2),
        ("flagged", "thumbnail_too_small", 1),
        ("rejected", "not_a_picture", 1),
        ("failed", "object_missing", 1),
    ]
    assert [row.shard_id for row in rows] == [shard, None, None, None]
    assert rows[1].sentence == "It is “small”: 9 × 9."
    assert rows[1].proposal == done[1].stored.picture
    assert rows[0].facts == {"width": 90, "height": 60}


def test_an_image_that_left_the_shard_meanwhile_undoes_the_whole_step() -> None:
    batch = db_builders.batch(3)
    taken = db_builders.claim(db_builders.shard(batch))
    gone = taken.images[1].id
    db_builders.execute("UPDATE images SET state = 'waiting', shard_id = NULL WHERE id = :id", id=gone)
    with pytest.raises(LeaseLostError, match=f"1 images left shard {taken.shard_id}"):
        db_builders.finish(taken)
    assert {row.current for row in db_builders.rows(batch)} == {None}
    count = sa.text("SELECT count(*) FROM steps WHERE batch_id = :batch")
    assert transact(lambda connection: connection.scalar(count, {"batch": batch})) == 0
