"""The line's counters equal what counting the records gives."""

import math
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from records import shards, workers
from records.metrics import snapshot
from records.metrics.step_counters import upper_bound
from records.metrics.tables import STEP_SECONDS, WAIT_SECONDS
from records.workers import WorkerProcess
from tests.harness import db_builders
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

COUNTED_STEPS = sa.text("""
    SELECT transform, count(*), count(*) FILTER (WHERE verdict = 'flag'), sum(seconds), sum(cost)
    FROM steps GROUP BY transform ORDER BY transform
""")


def counted_steps() -> dict[str, tuple[Any, ...]]:
    with engine().connect() as connection:
        rows = connection.execute(COUNTED_STEPS).all()
    return {row[0]: (row[1], row[2], pytest.approx(row[3]), pytest.approx(row[4])) for row in rows}


def shown_steps() -> dict[str, tuple[Any, ...]]:
    current = transact(snapshot.take)
    return {
        name: (histogram.buckets[-1][1], current.artifacts[name], histogram.seconds, current.costs[name])
        for name, histogram in current.step_seconds.items()
    }


@pytest.mark.parametrize("files", [1, 5])
def test_the_steps_are_those_in_the_records(files: int) -> None:
    first, second = db_builders.delivered(files), db_builders.flagged(files)
    assert first != second
    assert shown_steps() == counted_steps()


def test_a_step_that_lost_its_lease_is_not_counted() -> None:
    shard = db_builders.shard(db_builders.batch(2))
    taken = db_builders.claim(shard)
    before = shown_steps()
    db_builders.execute("UPDATE shards SET lease_pid = 1 WHERE id = :id", id=shard)
    with pytest.raises(Exception, match="taken back"):
        db_builders.finish(taken)
    assert shown_steps() == before == counted_steps()


def test_each_claim_is_one_wait_and_a_renewed_lease_is_none() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    before = transact(snapshot.take).queue_waits
    taken = db_builders.claim(shard)
    assert db_builders.try_claim(shard) is None
    assert transact(partial(shards.renew, shard_id=shard, owner=taken.owner, lease=9.0))
    after = transact(snapshot.take).queue_waits["admit"]
    earlier = before["admit"].buckets[-1][1] if "admit" in before else 0
    assert after.buckets[-1][1] == earlier + 1
    assert [bound for bound, _ in after.buckets] == [*WAIT_SECONDS, math.inf]


def test_a_wait_goes_into_the_bucket_of_its_length() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    db_builders.execute(
        "UPDATE shards SET published_at = now() - interval '61 seconds' WHERE id = :id", id=shard
    )
    assert transact(snapshot.take).oldest_waiting["admit"] >= 61
    db_builders.execute("DELETE FROM queue_waits")
    db_builders.claim(shard)
    waits = transact(snapshot.take).queue_waits["admit"]
    assert [count for bound, count in waits.buckets if bound < 120] == [0] * WAIT_SECONDS.index(120.0)
    assert waits.buckets[-1] == (math.inf, 1)
    assert waits.seconds >= 61


@given(st.floats(0, 1e6))
def test_an_image_counts_in_the_first_bucket_that_holds_it(seconds: float) -> None:
    bound = upper_bound(seconds)
    assert seconds <= bound
    assert all(seconds > lower for lower in STEP_SECONDS if lower < bound)


def test_images_batches_breakers_and_the_review_are_those_in_the_records() -> None:
    batch = db_builders.flagged(3)
    db_builders.execute(
        "UPDATE events SET at = now() - interval '1 hour' WHERE batch_id = :batch AND new = 'flagged'",
        batch=batch,
    )
    halted = db_builders.batch(1)
    db_builders.execute("UPDATE batches SET state = 'halted', halted_at_step = 1 WHERE id = :id", id=halted)
    current = transact(snapshot.take)
    with engine().connect() as connection:
        images = connection.execute(sa.text("SELECT state::text, count(*) FROM images GROUP BY 1")).all()
        batches = connection.execute(sa.text("SELECT state::text, count(*) FROM batches GROUP BY 1")).all()
    assert {state: count for state, count in current.images.items() if count} == {
        row[0]: row[1] for row in images
    }
    assert {state: count for state, count in current.batches.items() if count} == {
        row[0]: row[1] for row in batches
    }
    assert current.breakers["tripped"] == 1
    assert current.review_oldest >= 3600


def test_budgets_of_earlier_months_and_of_done_batches_are_left_out() -> None:
    done, running = db_builders.delivered(1), db_builders.batch(1)
    rows = {"batch": [(str(done), 9), (str(running), 2)], "month": [("2020-01", 10)]}
    for scope, accounts in rows.items():
        for key, spent in accounts:
            db_builders.execute(
                "INSERT INTO budgets (scope, key, ceiling, spent) VALUES (:scope, :key, 10, :spent)",
                scope=scope, key=key, spent=spent,
            )  # fmt: skip
    current = transact(snapshot.take)
    assert current.budget_left == {"batch": 8.0}
    assert current.budget_left_ratio == {"batch": 0.8}


def test_only_live_workers_and_schedulers_count() -> None:
    db_builders.hire(admit=2)
    transact(partial(workers.beat, worker=WorkerProcess("scheduler@here", "", "here", 1)))
    db_builders.execute(
        "UPDATE workers SET seen_at = now() - interval '1 hour' WHERE node = :node", node="admit-0@here"
    )
    current = transact(snapshot.take)
    assert (current.workers, current.schedulers) == ({"admit": 1}, 1)
