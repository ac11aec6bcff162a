"""The schema in Postgres is the one the code has in mind, and Postgres itself keeps the moves legal."""

from enum import StrEnum
from itertools import product

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from line.states import BATCH_MOVES, IMAGE_MOVES, BatchState, ImageState, ShardState
from records.access.tables import tokens
from records.history.reproductions import reproductions
from records.metrics.tables import step_counters
from records.queries.rescans import rescans
from records.spot_checks.tables import spot_checks
from records.storage import retention_tables
from records.tables import metadata
from records.webhooks.tables import webhooks
from tests.harness import db_builders
from tests.harness.context import database, engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def test_the_tables_are_those_the_migrations_leave() -> None:
    assert rescans.metadata is metadata is retention_tables.forgotten_batches.metadata
    assert reproductions.metadata is metadata
    assert tokens.metadata is metadata is webhooks.metadata is step_counters.metadata
    assert spot_checks.metadata is metadata
    with engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert [d for d in compare_metadata(context, metadata) if "alembic_version" not in str(d)] == []


def test_migrating_again_changes_nothing() -> None:
    batch = db_builders.batch(1)
    database().migrate()
    assert db_builders.states(batch) == {"waiting": 1}


@pytest.mark.parametrize(
    ("name", "kind"), [("image_state", ImageState), ("batch_state", BatchState), ("shard_state", ShardState)]
)
def test_an_enum_of_postgres_is_the_enum_of_python(name: str, kind: type[StrEnum]) -> None:
    with engine().connect() as connection:
        there = connection.scalar(sa.text(f"SELECT enum_range(NULL::{name})::text[]"))
    assert there == [state.value for state in kind]


@pytest.mark.parametrize(("table", "moves"), [("image_moves", IMAGE_MOVES), ("batch_moves", BATCH_MOVES)])
def test_the_legal_moves_stand_in_postgres_as_in_python(table: str, moves: frozenset[object]) -> None:
    with engine().connect() as connection:
        rows = connection.execute(sa.text(f"SELECT old::text, new::text FROM {table}")).all()
    assert {tuple(row) for row in rows} == moves
    assert len(rows) == len(moves)


def test_postgres_refuses_every_illegal_move_of_an_image_whoever_tries() -> None:
    image = db_builders.rows(db_builders.batch(1))[0].id
    for old, new in product(ImageState, ImageState):
        moved = _try_move("images", image, old, new)
        assert moved == (old == new or (old, new) in IMAGE_MOVES), f"{old} to {new}"


def test_postgres_refuses_every_illegal_move_of_a_batch_whoever_tries() -> None:
    batch = db_builders.batch(1)
    for old, new in product(BatchState, BatchState):
        moved = _try_move("batches", batch, old, new)
        assert moved == (old == new or (old, new) in BATCH_MOVES), f"{old} to {new}"


def _try_move(table: str, row: int, old: str, new: str) -> bool:
    """Whether a plain UPDATE from one state to another goes through (and is then taken back)."""
    with engine().connect() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))  # to put it there
        connection.execute(
            sa.text(f"UPDATE {table} SET state = :old WHERE id = :row"), {"old": old, "row": row}
        )
        connection.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        try:
            connection.execute(
                sa.text(f"UPDATE {table} SET state = :new WHERE id = :row"), {"new": new, "row": row}
            )
        except sa.exc.IntegrityError as error:
            if f"may not go from {old} to {new}" not in str(error):
                raise
            return False
        finally:
            connection.rollback()
        return True


def test_a_refused_move_takes_its_whole_transaction_with_it() -> None:
    batch = db_builders.batch(2)
    first, second = db_builders.rows(batch)

    def half_legal(connection: sa.Connection) -> None:
        for image, state in ((first.id, "held"), (second.id, "delivered")):
            connection.execute(
                sa.text("UPDATE images SET state = :state WHERE id = :id"), {"state": state, "id": image}
            )

    with pytest.raises(sa.exc.IntegrityError, match="from waiting to delivered"):
        transact(half_legal)
    assert db_builders.states(batch) == {"waiting": 2}
    assert db_builders.moves(first.id) == []


def test_every_move_leaves_an_event_with_who_did_it() -> None:
    batch = db_builders.flagged(3)
    image = db_builders.rows(batch)[0].id
    from records import decisions

    transact(lambda connection: decisions.reject(connection, image), actor="person:ada")
    assert db_builders.moves(image) == [
        ("waiting", "working", "line"),
        ("working", "flagged", "line"),
        ("flagged", "discarded", "person:ada"),
    ]


def test_an_actor_is_forgotten_with_his_transaction() -> None:
    batch = db_builders.batch(1)
    image = db_builders.rows(batch)[0].id
    transact(lambda connection: None, actor="person:ada")
    db_builders.execute("UPDATE images SET state = 'held' WHERE id = :id", id=image)
    assert db_builders.moves(image) == [("waiting", "held", "line")]


def test_what_changes_no_state_leaves_no_event() -> None:
    batch = db_builders.batch(1)
    image = db_builders.rows(batch)[0].id
    db_builders.execute("UPDATE images SET reason = 'x', state = 'waiting' WHERE id = :id", id=image)
    assert db_builders.moves(image) == []


def test_one_statement_that_moves_many_leaves_an_event_for_each() -> None:
    batch = db_builders.batch(300)
    db_builders.execute("UPDATE images SET state = 'held' WHERE batch_id = :batch", batch=batch)
    count = db_builders.execute("SELECT count(*) FROM events WHERE batch_id = :batch", batch=batch).scalar()
    assert count == 300
