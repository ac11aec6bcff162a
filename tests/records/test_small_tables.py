"""Recipes, workers and sightings."""

import pytest
import sqlalchemy as sa

from line.errors import InputError, ServiceError
from records import recipes, uploads, workers
from records.database import Database, is_outage
from tests.harness import db_builders
from tests.harness.context import database, engine, transact
from tests.harness.line import environment

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def test_a_recipe_comes_back_with_the_same_digest() -> None:
    recipe = db_builders.recipe_of(min_judged=11, shard_images=3)
    for _ in range(2):
        transact(lambda connection: recipes.save(connection, recipe))
    assert transact(lambda connection: recipes.load(connection, recipe.digest)) == recipe
    with pytest.raises(InputError, match="no recipe"):
        transact(lambda connection: recipes.load(connection, "0" * 64))


def test_live_workers_are_counted_by_queue_until_they_leave_or_fall_silent() -> None:
    db_builders.execute("DELETE FROM workers")
    db_builders.hire(admit=2, deliver=1)
    assert transact(workers.live) == {"admit": 2, "deliver": 1}
    transact(lambda connection: workers.leave(connection, "admit-0@here", ""))
    assert transact(workers.live) == {"admit": 1, "deliver": 1}
    db_builders.execute(
        "UPDATE workers SET seen_at = now() - interval '1 minute' WHERE node = 'deliver-0@here'"
    )
    assert transact(workers.live) == {"admit": 1}
    db_builders.hire(deliver=1)
    assert transact(workers.live) == {"admit": 1, "deliver": 1}
    db_builders.execute(
        "UPDATE workers SET seen_at = now() - interval '25 hours' WHERE node = 'admit-1@here'"
    )
    transact(workers.forget_gone)
    listed = transact(lambda connection: connection.scalars(sa.text("SELECT node FROM workers")).all())
    assert listed == ["deliver-0@here"]


def test_a_listing_is_quiet_for_as_long_as_it_does_not_change() -> None:
    def note(digest: str) -> float:
        return transact(lambda connection: uploads.note(connection, "ingest/acme/quiet", digest)).seconds

    assert note("a") == 0
    db_builders.execute("UPDATE sightings SET changed_at = now() - interval '9 seconds'")
    assert note("a") >= 9
    assert note("b") == 0


def test_trouble_with_an_upload_is_told_until_it_is_taken() -> None:
    prefix = "ingest/acme/bad"
    transact(lambda connection: uploads.note(connection, prefix, "a"))
    transact(lambda connection: uploads.record_error(connection, prefix, "not JSON"))
    assert transact(uploads.errors)[prefix] == "not JSON"
    transact(lambda connection: uploads.mark_taken(connection, prefix, "b"))
    assert prefix not in transact(uploads.errors)


def test_a_postgres_that_stays_away_is_told_in_one_line() -> None:
    away = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
    with environment({"SLUICE_DATABASE_URL": away}):
        with pytest.raises(
            ServiceError, match=r"^Postgres cannot be reached: [^\n]+; start it, or correct \w+$"
        ):
            transact(lambda connection: None, patience=0)
        engine().dispose()


def test_a_mistake_in_a_statement_is_no_outage_and_not_tried_again() -> None:
    tries = []

    def wrong(connection: object) -> None:
        tries.append(connection)
        db_builders.execute("SELECT nothing FROM nowhere")

    with pytest.raises(Exception, match="nowhere") as caught:
        transact(wrong)
    assert len(tries) == 1
    assert not is_outage(caught.value)


def test_a_connection_that_breaks_is_replaced_and_the_work_done_again() -> None:
    """As when Postgres restarts between two statements."""
    tries = []

    def work(connection):  # type: ignore[no-untyped-def]
        tries.append(1)
        if len(tries) == 1:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            db_builders.execute("SELECT pg_terminate_backend(:pid)", pid=backend)
        return connection.exec_driver_sql("SELECT 42").scalar()

    assert transact(work) == 42
    assert len(tries) == 2


def test_a_pooled_connection_that_broke_while_it_was_idle_is_replaced_before_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("records.database.MAX_UNCHECKED_SECONDS", -1.0)
    fresh = Database(database().url)
    try:
        backend = fresh.autocommit(backend_of)
        db_builders.execute("SELECT pg_terminate_backend(:pid)", pid=backend)
        assert fresh.transact(backend_of, patience=0) != backend
    finally:
        fresh.close()


def test_autocommit_leaves_the_connection_fit_for_transactions() -> None:
    fresh = Database(database().url)
    try:
        first = fresh.autocommit(backend_of)
        assert fresh.autocommit(transaction_of) != fresh.autocommit(transaction_of)
        assert fresh.transact(lambda connection: transaction_of(connection) == transaction_of(connection))
        assert fresh.autocommit(backend_of) == first
    finally:
        fresh.close()


def backend_of(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def transaction_of(connection: sa.Connection) -> str:
    return str(connection.exec_driver_sql("SELECT pg_current_xact_id()").scalar_one())
