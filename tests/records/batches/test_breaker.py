"""A batch that its breaker halts, and the probe that goes first when it is resumed."""

import pytest

from line.breaker import Breaker
from line.errors import InputError
from records import batches
from tests.harness import db_builders
from tests.harness.context import transact
from tests.records.batches.breaking import halt

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def probe(batch: int, size: int = 4) -> int:
    return transact(lambda connection: batches.probe(connection, batch, size))


def conclude(batch: int, breaker: Breaker, size: int = 4) -> None:
    transact(lambda connection: batches.conclude_probe(connection, batch, breaker, size))


def test_a_halt_holds_what_waits_and_takes_back_what_nobody_has_begun() -> None:
    batch = db_builders.batch(9)
    ids = [row.id for row in db_builders.rows(batch)]
    begun, unbegun = db_builders.shard(batch, ids[:3]), db_builders.shard(batch, ids[3:6])
    taken = db_builders.claim(begun)
    assert halt(batch)
    assert db_builders.states(batch) == {"working": 3, "held": 6}
    assert [row.id for row in db_builders.open_shards(batch)] == [begun]
    assert db_builders.try_claim(unbegun) is None
    assert db_builders.finish(taken) is False
    assert db_builders.states(batch) == {"held": 9}
    assert {row.step for row in db_builders.rows(batch)} == {0, 1}


def test_a_batch_that_is_not_running_cannot_be_halted() -> None:
    batch = db_builders.batch(1)
    assert halt(batch)
    assert not halt(batch)
    assert not halt(db_builders.delivered())


def test_the_breaker_trips_in_the_transaction_that_records_the_verdicts() -> None:
    batch = db_builders.batch(20, db_builders.recipe_of(min_judged=10))
    ids = [row.id for row in db_builders.rows(batch)]
    shard = db_builders.shard(batch, ids[:10])
    db_builders.through(shard, 1)
    db_builders.finish(db_builders.claim(shard, 1), bad=ids[:2])
    row = db_builders.head(batch)
    assert (row.state, row.judged, row.artifacts, row.halted_at_step) == ("halted", 10, 2, 1)
    assert "2 of 10" in row.halt_reason
    assert "threshold 15%" in row.halt_reason
    assert db_builders.states(batch) == {"flagged": 2, "held": 18}


def test_below_the_sample_and_at_the_threshold_nothing_trips() -> None:
    small = db_builders.batch(9, db_builders.recipe_of(min_judged=10))
    db_builders.through(db_builders.shard(small), 2, bad=[row.id for row in db_builders.rows(small)])
    assert db_builders.head(small).state == "running"
    even = db_builders.batch(20, db_builders.recipe_of(min_judged=10))
    db_builders.through(db_builders.shard(even), 2, bad=[row.id for row in db_builders.rows(even)][:3])
    assert (db_builders.head(even).state, db_builders.head(even).artifacts) == ("running", 3)


def test_an_image_is_judged_once_however_many_steps_judge_it() -> None:
    batch = db_builders.batch(5)
    db_builders.through(db_builders.shard(batch))
    assert db_builders.head(batch).judged == 5


def test_a_probe_goes_first_where_the_fault_was() -> None:
    batch = db_builders.batch(9)
    ids = [row.id for row in db_builders.rows(batch)]
    db_builders.through(db_builders.shard(batch, ids[:3]), 2)  # these wait for step 2
    ahead = db_builders.shard(batch, ids[3:6])
    db_builders.through(ahead, 1)  # these for step 1
    halt(batch, step=1)
    assert probe(batch, 4) == 4
    chosen = [row.id for row in db_builders.rows(batch) if row.probe]
    assert chosen == [*ids[3:6], ids[6]]
    assert db_builders.states(batch) == {"waiting": 4, "held": 5}


def test_only_a_halted_batch_can_be_resumed() -> None:
    batch = db_builders.batch(1)
    with pytest.raises(InputError, match="running, not halted"):
        probe(batch)
    with pytest.raises(InputError, match="no batch 987654"):
        probe(987654)


def test_a_good_probe_sets_everything_going() -> None:
    batch = db_builders.batch(9)
    halt(batch, 1)
    probe(batch)
    conclude(batch, Breaker.CLOSED)
    assert db_builders.states(batch) == {"waiting": 9}
    row = db_builders.head(batch)
    assert (row.state, row.halt_reason, row.halted_at_step) == ("running", "", None)
    assert not any(image.probe for image in db_builders.rows(batch))


def test_a_bad_probe_halts_again_and_remembers_where() -> None:
    batch = db_builders.batch(9)
    halt(batch, 1)
    probe(batch)
    db_builders.through(db_builders.shard(batch), 2, bad=[row.id for row in db_builders.rows(batch)])
    assert transact(lambda connection: batches.probe_is_back(connection, batch))
    conclude(batch, Breaker.TRIPPED)
    row = db_builders.head(batch)
    assert (row.state, row.halted_at_step) == ("halted", 1)
    assert row.halt_reason == "probe: 4 of 4 artifacts"
    assert db_builders.states(batch) == {"held": 5, "flagged": 4}


def test_a_probe_that_proved_nothing_is_followed_by_another_and_in_the_end_by_all() -> None:
    batch = db_builders.batch(6)
    halt(batch)
    probe(batch)
    conclude(batch, Breaker.PROBING)
    assert db_builders.states(batch) == {"waiting": 6}
    assert db_builders.head(batch).state == "probing"
    conclude(batch, Breaker.PROBING)
    assert db_builders.head(batch).state == "running"


def test_the_second_of_two_edits_is_judged_by_its_probe() -> None:
    steps = ("admit", "sabotage", "sabotage", "deliver")
    batch = db_builders.batch(12, db_builders.recipe_of(steps, min_judged=40))
    shard = db_builders.shard(batch, steps=steps)
    db_builders.through(shard, 2)  # every image judged good at the first edit
    halt(batch, 2)
    probe(batch, 4)
    chosen = [row.id for row in db_builders.rows(batch, "waiting")]
    taken = db_builders.claim(db_builders.shard(batch, chosen, at=2, steps=steps))
    db_builders.finish(taken, bad=chosen[:3])
    assert (db_builders.head(batch).judged, db_builders.head(batch).artifacts) == (4, 3)


def test_stragglers_that_come_back_during_a_probe_do_not_count_for_it() -> None:
    batch = db_builders.batch(8)
    ids = [row.id for row in db_builders.rows(batch)]
    slow = db_builders.shard(batch, ids[:4])
    db_builders.through(slow, 1)
    straggler = db_builders.claim(slow, 1)
    halt(batch, 1)
    probe(batch, 2)
    db_builders.finish(straggler, bad=ids[:4])
    assert (db_builders.head(batch).judged, db_builders.head(batch).artifacts) == (0, 0)
    assert db_builders.states(batch) == {"flagged": 4, "waiting": 2, "held": 2}


def test_after_a_good_probe_the_breaker_can_trip_again() -> None:
    steps = ("admit", "sabotage", "sabotage", "deliver")
    batch = db_builders.batch(30, db_builders.recipe_of(steps, min_judged=10))
    db_builders.through(db_builders.shard(batch, steps=steps), 2)
    assert db_builders.head(batch).judged == 30
    halt(batch, 2)
    probe(batch, 4)
    conclude(batch, Breaker.CLOSED)
    taken = db_builders.claim(db_builders.shard(batch, at=2, steps=steps))
    db_builders.finish(taken, bad=[image.id for image in taken.images][:10])
    assert db_builders.head(batch).state == "halted"
