"""The counters of a batch are what counting its images would give, whatever changed them."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import batches
from tests.harness import db_builders
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

COUNTED = """
    SELECT state::text, reason, count(*), sum(step), sum(judged::int), sum(artifact::int)
    FROM images WHERE batch_id = :batch GROUP BY state, reason ORDER BY 1, 2
"""
KEPT = """
    SELECT state::text, reason, images, positions, judged, artifacts
    FROM image_counts WHERE batch_id = :batch AND images <> 0 ORDER BY 1, 2
"""


def both(batch: int) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The counters as they stand, and the images counted."""
    with engine().connect() as connection:
        stored, counted = (
            [tuple(row) for row in connection.execute(sa.text(query), {"batch": batch})]
            for query in (KEPT, COUNTED)
        )
    return stored, counted


def a_step_with_an_artifact(batch: int) -> None:
    shard = db_builders.shard(batch)
    db_builders.through(shard, 1)
    taken = db_builders.claim(shard, 1)
    db_builders.finish(taken, db_builders.results(taken, bad=[taken.images[0].id]))


def a_halt(batch: int) -> None:
    transact(lambda connection: batches.halt(connection, batch, "by hand"))


def a_deletion(batch: int) -> None:
    row = db_builders.rows(batch)[0]
    db_builders.execute("DELETE FROM events WHERE image_id = :image", image=row.id)
    db_builders.execute("DELETE FROM images WHERE id = :image", image=row.id)


def a_change_of_reason(batch: int) -> None:
    db_builders.execute("UPDATE images SET reason = 'other' WHERE batch_id = :batch", batch=batch)


@pytest.mark.parametrize("change", [a_step_with_an_artifact, a_halt, a_deletion, a_change_of_reason])
def test_they_follow_every_change(change: Callable[[int], None]) -> None:
    batch = db_builders.batch(5)
    change(batch)
    stored, counted = both(batch)
    assert stored == counted
    assert counted


def test_what_is_rolled_back_is_not_counted() -> None:
    batch = db_builders.batch(3)
    before = both(batch)
    with engine().connect() as connection:
        connection.execute(sa.text("UPDATE images SET step = 2 WHERE batch_id = :batch"), {"batch": batch})
        connection.rollback()
    assert both(batch) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans(), st.booleans(), st.sampled_from("ab")),
        max_size=12,
    )
)
def test_they_follow_any_sequence_of_changes(changes: list[tuple[int, int, bool, bool, str]]) -> None:
    batch = db_builders.batch(6)
    ids = [row.id for row in db_builders.rows(batch)]
    for number, step, judged, artifact, reason in changes:
        db_builders.execute(
            "UPDATE images SET step = :step, judged = :judged, artifact = :artifact, reason = :reason"
            " WHERE id >= :image AND batch_id = :batch",
            step=step, judged=judged, artifact=artifact, reason=reason, image=ids[number], batch=batch,
        )  # fmt: skip
    stored, counted = both(batch)
    assert stored == counted


def test_the_cost_of_a_batch_is_that_of_its_steps() -> None:
    batch = db_builders.batch(4)
    db_builders.through(db_builders.shard(batch), 2)
    head = db_builders.head(batch)
    row = db_builders.execute(
        "SELECT sum(cost) AS cost, max(at) AS at FROM steps WHERE batch_id = :batch", batch=batch
    ).one()
    assert head.cost == pytest.approx(row.cost)
    assert head.worked_at == row.at


def test_only_a_batch_in_which_all_has_settled_is_looked_at_for_closing() -> None:
    busy, refused = db_builders.batch(1), db_builders.batch(2)
    db_builders.execute("UPDATE images SET state = 'failed' WHERE batch_id = :batch", batch=refused)
    settled = transact(batches.settled)
    assert refused in settled
    assert busy not in settled
