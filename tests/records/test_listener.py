"""A scheduler that sleeps is woken by what makes work, and by nothing else."""

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from records import shards, workers
from records.listener import Listener
from records.workers import WorkerProcess
from tests.harness import db_builders
from tests.harness.context import database, engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(database()) as listener:
        assert listener.wait(5), "the first wait says that it has just begun to listen"
        yield listener


def test_nothing_new_is_no_news(listener: Listener) -> None:
    assert not listener.wait(0.05)


def test_a_new_batch_is_news_once(listener: Listener) -> None:
    db_builders.batch(1)
    assert listener.wait(5)
    assert not listener.wait(0.05)


def test_a_shard_that_ends_a_step_is_news(listener: Listener) -> None:
    shard = db_builders.shard(db_builders.batch(2))
    taken = db_builders.claim(shard)
    listener.wait(5)
    assert not listener.wait(0.05)
    db_builders.finish(taken)
    assert listener.wait(5)


def test_a_lease_that_is_taken_or_renewed_is_none(listener: Listener) -> None:
    shard = db_builders.shard(db_builders.batch(2))
    listener.wait(5)
    taken = db_builders.claim(shard)
    assert transact(lambda connection: shards.renew(connection, shard, taken.owner, 60.0))
    assert not listener.wait(0.05)


def test_a_worker_that_comes_is_news_and_its_next_heartbeat_is_none(listener: Listener) -> None:
    beat = partial(workers.beat, worker=WorkerProcess("new@here", "p1", "here", 1, ("admit",)))
    transact(beat)
    assert listener.wait(5)
    transact(beat)
    assert not listener.wait(0.05)


def test_what_is_rolled_back_is_no_news(listener: Listener) -> None:
    batch = db_builders.batch(1)
    listener.wait(5)
    with engine().connect() as connection:
        connection.exec_driver_sql(f"UPDATE batches SET manifest_due = true WHERE id = {batch}")
        connection.rollback()
    assert not listener.wait(0.05)


def test_a_wait_can_be_interrupted_from_elsewhere(listener: Listener) -> None:
    threading.Timer(0.05, listener.interrupt).start()
    started = time.monotonic()
    assert not listener.wait(30)
    assert time.monotonic() - started < 20


def test_a_connection_that_is_cut_is_made_anew_and_counts_as_news(listener: Listener) -> None:
    db_builders.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query = 'LISTEN sluice'"
    )
    assert listener.wait(5)
    while listener._connection is not None:  # its last words may come before the end
        listener.wait(5)
    assert listener.wait(30), "it listens again, and may have missed something"
    db_builders.batch(1)
    assert listener.wait(5)
