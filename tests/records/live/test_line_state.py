"""The whole line in one look: what `sluice status` shows, and pace, workers and budgets beside it."""

from functools import partial

import pytest

from records import workers
from records.live import line_state
from records.live.line_state import Account, OpenBatch, WorkerState
from records.queries import reports
from records.workers import WorkerProcess
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def open_batch(number: int) -> OpenBatch:
    return next(each for each in transact(line_state.take).open_batches if each.report["batch"] == number)


def worker(node: str) -> WorkerState:
    return next(each for each in transact(line_state.take).workers if each.node == node)


def test_its_numbers_are_those_of_the_status() -> None:
    db_builders.flagged(2)
    db_builders.batch(3)
    assert transact(line_state.take).overview == transact(reports.overview)


def test_the_time_left_follows_from_what_the_last_minutes_brought() -> None:
    batch = db_builders.batch(4)
    assert open_batch(batch).seconds_left is None, "nothing has moved yet"
    db_builders.through(db_builders.shard(batch, [row.id for row in db_builders.rows(batch)[:1]]))
    half = open_batch(batch)
    assert half.progress.advance == 1
    assert half.seconds_left == pytest.approx(3 / half.pace.advance_per_second)
    transact(lambda connection: reports.batch(connection, batch))
    db_builders.execute("UPDATE batches SET state = 'halted' WHERE id = :b", b=batch)
    assert open_batch(batch).seconds_left is None, "a halted batch has no end"


def test_the_threshold_is_that_of_the_batchs_recipe() -> None:
    recipe = db_builders.recipe_of()
    assert open_batch(db_builders.batch(1, recipe)).threshold == recipe.breaker.threshold


def test_a_worker_shows_its_memory_and_how_long_it_is_silent() -> None:
    beat = WorkerProcess("gpu@here", "p1", "here", 1, ("upscale",), "cuda:0", 900, 7_000, 80_000)
    transact(partial(workers.beat, worker=beat))
    live_worker = worker("gpu@here")
    assert live_worker.is_live
    assert (live_worker.memory, live_worker.device_memory, live_worker.device_memory_total) == (
        900,
        7_000,
        80_000,
    )
    db_builders.execute("UPDATE workers SET seen_at = now() - interval '2 minutes' WHERE node = 'gpu@here'")
    silent = worker("gpu@here")
    assert not silent.is_live
    assert silent.silent_seconds == pytest.approx(120, abs=30)


def test_budgets_of_open_batches_are_shown_and_those_of_done_ones_are_not() -> None:
    open_, done = db_builders.batch(1), db_builders.delivered(1)
    for batch in (open_, done):
        db_builders.execute(
            "INSERT INTO budgets (scope, key, ceiling, spent, reserved) VALUES ('batch', :key, 10, 5, 2)",
            key=str(batch),
        )
    accounts = transact(line_state.take).accounts
    assert Account("batch", str(open_), 10, 5, 2) in accounts
    assert all(account.key != str(done) for account in accounts)
    assert Account("batch", str(open_), 10, 5, 2).left == 3
