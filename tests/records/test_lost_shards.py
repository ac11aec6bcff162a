"""Shards whose worker died, and messages that got lost."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from records import lost_shards, shards, workers
from records.lost_shards import MAX_EXPIRIES, Lost
from records.shards import Owner
from records.workers import WorkerProcess
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def lives(process: str) -> bool:
    return False


def is_dead(process: str) -> bool:
    return process == db_builders.ME.process


def take_back(batch: int, dead: lost_shards.IsDead = is_dead) -> list[int]:
    """What a sweep would do for one batch."""
    lost = [
        item
        for item in transact(lambda connection: lost_shards.expired(connection, dead))
        if item.batch_id == batch
    ]
    taken_back = []
    for item in lost:
        taken_back += transact(lambda connection, item=item: lost_shards.take_back(connection, item, dead))  # type: ignore[misc]
    return taken_back


def sizes(batch: int) -> list[int]:
    return [row.images for row in db_builders.open_shards(batch)]


def test_a_lease_that_runs_out_is_found_by_the_databases_clock() -> None:
    batch = db_builders.batch(1)
    db_builders.claim(db_builders.shard(batch), owner=db_builders.OTHER, lease=60)
    assert take_back(batch, lives) == []
    db_builders.execute(
        "UPDATE shards SET lease_until = now() - interval '1 second' WHERE batch_id = :b", b=batch
    )
    assert len(take_back(batch, lives)) == 1


def test_a_worker_known_to_be_dead_is_not_waited_for() -> None:
    batch = db_builders.batch(1)
    db_builders.claim(db_builders.shard(batch), lease=3600)
    assert take_back(batch, lives) == []
    assert len(take_back(batch)) == 1


def test_a_shard_that_nobody_claimed_is_not_lost() -> None:
    batch = db_builders.batch(1)
    db_builders.shard(batch)
    assert take_back(batch) == []


def test_a_deadly_image_is_alone_on_its_third_try_and_set_aside_after_it() -> None:
    batch = db_builders.batch(16)
    deadly = db_builders.rows(batch)[5].id
    claim = db_builders.claim
    claim(db_builders.shard(batch))
    take_back(batch)
    assert sizes(batch) == [4, 4, 4, 4]

    claim(shard_of(deadly))
    take_back(batch)
    assert sorted(sizes(batch)) == [1, 1, 1, 1, 4, 4, 4]

    claim(shard_of(deadly))
    assert take_back(batch) == []
    aside = [row for row in db_builders.rows(batch) if row.id == deadly]
    assert [(row.state, row.reason, row.losses) for row in aside] == [("failed", "worker_lost", 3)]
    assert "3 times" in aside[0].sentence

    for shard in db_builders.open_shards(batch):
        db_builders.through(shard.id)
    assert db_builders.states(batch) == {"failed": 1, "delivered": 15}


def shard_of(image: int) -> int:
    row = db_builders.execute("SELECT shard_id FROM images WHERE id = :id", id=image).scalar()
    assert isinstance(row, int)
    return row


def test_a_lost_shard_goes_on_at_the_step_it_was_lost_in() -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    db_builders.through(shard, 1)
    db_builders.claim(shard, 1)
    take_back(batch)
    assert [(row.transforms, row.at) for row in db_builders.open_shards(batch)] == [
        (["sabotage", "deliver"], 0)
    ] * 2
    for part in db_builders.open_shards(batch):
        db_builders.through(part.id, 2)
    assert db_builders.states(batch) == {"delivered": 4}


def test_a_step_that_goes_well_forgives_earlier_losses() -> None:
    batch = db_builders.batch(1)
    db_builders.claim(db_builders.shard(batch))
    take_back(batch)
    (again,) = db_builders.open_shards(batch)
    assert again.losses == 1
    db_builders.through(again.id, 1)
    assert db_builders.open_shards(batch)[0].losses == 0
    assert db_builders.rows(batch)[0].losses == 0


def test_two_sweeps_at_once_split_a_shard_once() -> None:
    batch = db_builders.batch(16)
    shard = db_builders.shard(batch)
    db_builders.claim(shard)
    lost = Lost(shard, batch)
    with ThreadPoolExecutor(4) as pool:
        tries = [
            pool.submit(transact, lambda connection: lost_shards.take_back(connection, lost, is_dead))
            for _ in range(4)
        ]
        results = [attempt.result(30) for attempt in tries]
    assert sorted(len(parts) for parts in results) == [0, 0, 0, 4]
    assert sizes(batch) == [4, 4, 4, 4]


def test_a_lost_shard_of_a_halted_batch_is_held_and_not_sent_again() -> None:
    from records import batches

    batch = db_builders.batch(4)
    db_builders.claim(db_builders.shard(batch))
    transact(lambda connection: batches.halt(connection, batch, "by hand"))
    assert take_back(batch) == []
    assert db_builders.states(batch) == {"held": 4}


def test_a_message_is_missed_only_after_its_grace() -> None:
    batch = db_builders.batch(1)
    shard = db_builders.shard(batch)

    def missed(grace: float) -> list[int]:
        rows = transact(lambda connection: lost_shards.unclaimed(connection, grace))
        return [row.id for row in rows if row.batch_id == batch]

    assert missed(60) == []
    db_builders.execute(
        "UPDATE shards SET published_at = now() - interval '61 seconds' WHERE id = :id", id=shard
    )
    assert missed(60) == [shard]
    assert transact(lambda connection: lost_shards.count_attempt(connection, [shard], 60)) == [shard]
    assert transact(lambda connection: lost_shards.count_attempt(connection, [shard], 60)) == []
    assert missed(60) == []
    assert db_builders.open_shards(batch)[0].attempt == 2


def test_a_claimed_shard_is_not_missed() -> None:
    batch = db_builders.batch(1)
    shard = db_builders.shard(batch)
    db_builders.execute("UPDATE shards SET published_at = now() - interval '1 hour' WHERE id = :id", id=shard)
    db_builders.claim(shard)
    rows = transact(lambda connection: lost_shards.unclaimed(connection, 60))
    assert shard not in [row.id for row in rows]


# --- leases that run out ------------------------------------------------------------------------------

OWNER = Owner("far@there", "there", 7, "boot/2/7/1", worker="boot/2/6/1")


def run_out(batch: int) -> None:
    db_builders.execute(
        "UPDATE shards SET lease_until = now() - interval '1 second' WHERE batch_id = :b", b=batch
    )


def worker(process: str, queue: str = "admit") -> None:
    transact(partial(workers.beat, worker=WorkerProcess("w@there", process, "there", 6, (queue,))))


@pytest.fixture
def _no_workers() -> None:
    db_builders.execute("DELETE FROM workers")


@pytest.mark.usefixtures("_no_workers")
def test_the_only_worker_of_a_queue_keeps_its_shard_when_its_lease_runs_out() -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    db_builders.claim(shard, owner=OWNER)
    worker(OWNER.worker)
    run_out(batch)
    assert take_back(batch, lives) == []
    worker("boot/3/9/1", "deliver")
    assert take_back(batch, lives) == [], "nobody else serves this queue"
    worker("boot/3/9/2")
    assert take_back(batch, lives) == [shard], "a second host of the same name does"


@pytest.mark.usefixtures("_no_workers")
def test_a_lease_that_runs_out_charges_no_image_and_its_owner_can_write_nothing() -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    claim = db_builders.claim(shard, owner=OWNER)
    worker("boot/3/9/2")
    run_out(batch)
    assert take_back(batch, lives) == [shard]
    assert {row.losses for row in db_builders.rows(batch)} == {0}
    assert sizes(batch) == [4], "it goes on whole"
    assert not transact(lambda connection: shards.advance(connection, claim, go_on=True))


@pytest.mark.usefixtures("_no_workers")
def test_an_image_that_brings_whole_hosts_down_is_cornered_all_the_same() -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    worker("boot/3/9/2")
    for _ in range(MAX_EXPIRIES - 1):
        db_builders.claim(shard, owner=OWNER)
        run_out(batch)
        assert take_back(batch, lives) == [shard]
    db_builders.claim(shard, owner=OWNER)
    run_out(batch)
    assert len(take_back(batch, lives)) == 2
    assert {row.losses for row in db_builders.rows(batch)} == {1}


def test_a_worker_marks_the_shards_of_its_own_dead_children() -> None:
    batch = db_builders.batch(4)
    db_builders.claim(db_builders.shard(batch), owner=OWNER)
    mark = transact(lambda connection: lost_shards.mark_dead(connection, OWNER.worker, lambda process: True))
    assert mark == 1
    assert (
        transact(lambda connection: lost_shards.mark_dead(connection, OWNER.worker, lambda process: True))
        == 0
    )
    assert len(take_back(batch, lives)) == 2, "another host now knows that it died"
    assert {row.losses for row in db_builders.rows(batch)} == {1}


def test_each_outage_doubles_the_pause_before_the_next_try_up_to_a_minute() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    for failures, seconds in ((0, 5), (1, 10), (3, 40), (4, 60), (90, 60)):
        db_builders.execute("UPDATE shards SET failures = :f WHERE id = :s", f=failures, s=shard)
        for age, due in ((seconds - 1, False), (seconds + 1, True)):
            db_builders.execute(
                "UPDATE shards SET published_at = now() - make_interval(secs => :age) WHERE id = :s",
                age=age,
                s=shard,
            )
            unclaimed = transact(lambda connection: lost_shards.unclaimed(connection, 5))
            assert (shard in [row.id for row in unclaimed]) is due, (failures, age)
