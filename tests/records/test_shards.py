"""Shards under their lease: one owner at a time, nothing written without it, the next step from the rows."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from line.errors import LeaseLostError
from line.facts import Facts
from records import outcomes, shards
from records.shards import Owner
from records.step_results import NeedsReview
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def lapse(shard: int) -> None:
    """The lease ran out and the shard was given back, as the sweep does it."""
    db_builders.execute("UPDATE shards SET state = 'done' WHERE id = :id", id=shard)


def test_of_ten_that_claim_at_once_one_wins() -> None:
    shard = db_builders.shard(db_builders.batch(2))
    together = threading.Barrier(10)

    def grab(number: int) -> bool:
        together.wait(10)
        return db_builders.try_claim(shard, owner=Owner(f"w{number}@here", "here", number)) is not None

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(grab, range(10))) == 1


def test_a_claim_tells_everything_a_step_needs() -> None:
    batch = db_builders.batch(3, out="file:///shop/out")
    taken = db_builders.claim(db_builders.shard(batch))
    assert (taken.batch_id, taken.number, taken.at, taken.position, taken.is_last) == (batch, 1, 0, 0, False)
    assert [image.name for image in taken.images] == ["photo0000.jpg", "photo0001.jpg", "photo0002.jpg"]
    assert (taken.recipe, taken.out) == (db_builders.recipe_of(), "file:///shop/out")


def test_only_the_step_that_is_due_can_be_claimed() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    assert db_builders.try_claim(shard, 1) is None
    db_builders.through(shard, 1)
    assert db_builders.try_claim(shard, 0) is None
    assert db_builders.try_claim(shard, 1) is not None
    assert db_builders.try_claim(987654) is None


def test_a_redelivered_message_of_a_done_step_lets_the_chain_go_on() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    assert not transact(lambda connection: shards.is_past(connection, shard, 0))
    db_builders.through(shard, 1)
    assert transact(lambda connection: shards.is_past(connection, shard, 0))
    assert not transact(lambda connection: shards.is_past(connection, shard, 1))


def test_a_done_shard_sends_nobody_on() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    db_builders.through(shard)
    assert not transact(lambda connection: shards.is_past(connection, shard, 1))


def test_whoever_lost_the_lease_writes_nothing() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    slow = db_builders.claim(shard)
    lapse(shard)
    with pytest.raises(LeaseLostError):
        db_builders.finish(slow)
    assert {row.current for row in db_builders.rows(batch)} == {None}
    assert steps_of(batch) == []
    assert db_builders.head(batch).judged == 0


def test_whoever_comes_second_writes_nothing_even_when_the_first_went_on() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    slow = db_builders.claim(shard)
    transact(lambda connection: shards.release(connection, shard, db_builders.ME))
    quick = db_builders.claim(shard, owner=db_builders.OTHER)
    with pytest.raises(LeaseLostError):
        db_builders.finish(slow)
    assert db_builders.finish(quick)
    with pytest.raises(LeaseLostError):
        db_builders.finish(slow)
    assert [row["node"] for row in steps_of(batch)] == ["other@there"] * 2


def test_a_step_that_is_finished_twice_is_recorded_once() -> None:
    """As after a commit whose answer was lost."""
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    taken = db_builders.claim(shard)
    assert db_builders.finish(taken)
    with pytest.raises(LeaseLostError):
        db_builders.finish(taken)
    assert len(steps_of(batch)) == 2
    assert transact(lambda connection: shards.is_past(connection, shard, 0))


def test_a_delivery_that_is_finished_twice_is_recorded_once() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    db_builders.through(shard, 2)
    taken = db_builders.claim(shard, 2)
    db_builders.finish(taken)
    with pytest.raises(LeaseLostError):
        db_builders.finish(taken)
    assert db_builders.head(batch).judged == 2
    assert db_builders.states(batch) == {"delivered": 2}


def test_a_lease_is_prolonged_by_its_owner_alone() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    db_builders.claim(shard)
    renew = shards.renew
    assert transact(lambda connection: renew(connection, shard, db_builders.ME, 60))
    assert not transact(lambda connection: renew(connection, shard, db_builders.OTHER, 60))
    lapse(shard)
    assert not transact(lambda connection: renew(connection, shard, db_builders.ME, 60))


def test_a_shard_that_was_given_back_can_be_claimed_by_another() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    db_builders.claim(shard)
    transact(lambda connection: shards.release(connection, shard, db_builders.OTHER))
    assert db_builders.try_claim(shard, owner=db_builders.OTHER) is None
    transact(lambda connection: shards.release(connection, shard, db_builders.ME))
    assert db_builders.try_claim(shard, owner=db_builders.OTHER) is not None


def test_images_that_fail_leave_the_chain_and_the_others_go_on() -> None:
    batch = db_builders.batch(3)
    first, second, third = (row.id for row in db_builders.rows(batch))
    shard = db_builders.shard(batch)
    taken = db_builders.claim(shard)
    done = {item.image_id: item for item in db_builders.results(taken, bad=[first])}
    done[second] = db_builders.refuse(done[second], "truncated", "It breaks off.")
    assert db_builders.finish(taken, list(done.values()))
    assert db_builders.states(batch) == {"flagged": 1, "rejected": 1, "working": 1}
    assert [image.id for image in db_builders.claim(shard, 1).images] == [third]


def test_a_chain_with_nobody_left_ends() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    assert not db_builders.finish(db_builders.claim(shard), bad=[row.id for row in db_builders.rows(batch)])
    assert db_builders.open_shards(batch) == []


def test_the_last_step_of_a_chain_lets_its_images_wait_for_the_next_one() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch, steps=("admit", "deliver")[:1])
    assert not db_builders.finish(db_builders.claim(shard))
    assert {(row.state, row.step, row.shard_id) for row in db_builders.rows(batch)} == {("waiting", 1, None)}


def test_a_message_about_a_shard_holds_what_people_read_and_skips_what_is_done() -> None:
    batch = db_builders.batch(2)
    ids = [row.id for row in db_builders.rows(batch)]
    first, second = db_builders.shard(batch, ids[:1]), db_builders.shard(batch, ids[1:])
    db_builders.through(first)
    (message,) = transact(lambda connection: shards.messages(connection, [first, second]))
    assert (message.shard_id, message.vendor, message.upload, message.images) == (second, "acme", "spring", 1)


def test_what_is_in_flight_counts_on_every_queue_that_lies_before_it() -> None:
    batch = db_builders.batch(1)
    shard = db_builders.shard(batch)

    def ahead() -> list[str]:
        in_flight = transact(shards.in_flight)
        return next((list(row.queues_left) for row in in_flight if row.batch_id == batch), [])

    assert ahead() == ["admit", "erase_text", "deliver"]
    db_builders.through(shard, 1)
    assert ahead() == ["erase_text", "deliver"]
    db_builders.through(shard)
    assert ahead() == []


def test_readings_that_are_no_number_are_recorded_as_none() -> None:
    batch = db_builders.batch(1)
    taken = db_builders.claim(db_builders.shard(batch))
    figures = {"good": 1.5, "nan": float("nan"), "inf": float("inf")}
    reasons = [{"code": "g.nan", "value": float("nan"), "where": None}]
    (done,) = db_builders.results(taken, readings=figures)
    done = replace(done, ending=NeedsReview("g.nan", "", limits=reasons))
    transact(lambda connection: outcomes.finish(connection, taken, db_builders.ran(taken), [done]))
    (row,) = steps_of(batch)
    assert row["readings"] == {"good": 1.5, "nan": None, "inf": None}
    assert row["reasons"] == [{"code": "g.nan", "value": None, "where": None}]


def test_text_that_postgres_cannot_hold_does_not_lose_the_step() -> None:
    """A NUL in a comment inside a vendor's file ends up among the facts or in an error's sentence."""
    batch = db_builders.batch(1)
    taken = db_builders.claim(db_builders.shard(batch))
    facts = {"comment": "a\0b", "list": ["\0"], "width": 9, "height": 9, "lone": "\ud800"}
    (done,) = db_builders.results(taken)
    flagged = db_builders.flag(done, sentence="broken\0 name")
    db_builders.finish(taken, [replace(flagged, facts=Facts.from_json(facts))])
    (row,) = db_builders.rows(batch)
    assert row.facts == {"comment": "a\ufffdb", "list": ["\ufffd"], "width": 9, "height": 9, "lone": "\ufffd"}
    assert row.sentence == "broken\ufffd name"


def steps_of(batch: int) -> list[dict[str, object]]:
    rows = db_builders.execute("SELECT * FROM steps WHERE batch_id = :batch ORDER BY id", batch=batch)
    return [dict(row._mapping) for row in rows]
