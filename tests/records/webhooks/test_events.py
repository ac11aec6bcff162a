"""Events are written in the transaction that makes them true, once, and only while somebody is told of them."""

from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from line.trouble import TroubleKind
from records import batches, troubles
from records.webhooks import deliveries, events
from records.webhooks.events import Event, Format
from tests.harness import db_builders
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

PAGE = "https://hooks.example.com/sluice"


@pytest.fixture
def webhook() -> int:
    """The only webhook, told of everything; no event was written yet."""
    for table in ("webhook_deliveries", "webhook_events", "webhooks"):
        db_builders.execute(f"DELETE FROM {table}")
    everything = [event for event in Event if event is not Event.PING]
    return transact(
        partial(events.add, url=PAGE, events=everything, kind=Format.STANDARD, person="person:ada")
    ).id


def written(kind: Event | None = None) -> list[Any]:
    query = sa.text("SELECT * FROM webhook_events WHERE kind = :kind OR :kind IS NULL ORDER BY id")
    with engine().connect() as connection:
        return list(connection.execute(query, {"kind": kind.value if kind else None}))


def report(sentence: str = "no space left") -> None:
    transact(partial(troubles.report, kind=TroubleKind.SERVER, subject="Redis", sentence=sentence))


def resolve() -> None:
    transact(partial(troubles.resolve, kind=TroubleKind.SERVER, subject="Redis"))


def test_a_batch_that_is_done_is_announced_with_its_counts(webhook: int) -> None:
    batch = db_builders.delivered(3)
    (event,) = written(Event.BATCH_DONE)
    assert (event.data["batch"], event.data["by_state"]) == (batch, {"delivered": 3})


@pytest.mark.parametrize(("step", "kind"), [(1, Event.BATCH_TRIPPED), (None, Event.BATCH_HALTED)])
def test_a_trip_and_a_halt_by_hand_are_told_apart(webhook: int, step: int | None, kind: Event) -> None:
    batch = db_builders.batch(2)
    transact(partial(batches.halt, batch_id=batch, reason="too many", step=step))
    (event,) = written()
    assert (event.kind, event.data["reason"]) == (kind, "too many")


def test_a_pile_is_announced_once_while_it_grows(webhook: int) -> None:
    batch = db_builders.batch(4)
    first, second, *_ = db_builders.rows(batch)
    db_builders.through(db_builders.shard(batch, [first.id]), 2, bad=[first.id])
    db_builders.through(db_builders.shard(batch, [second.id]), 2, bad=[second.id])
    assert [event.data["batch"] for event in written(Event.REVIEW_WAITING)] == [batch]


def test_an_alarm_of_a_budget_is_announced(webhook: int) -> None:
    db_builders.execute("INSERT INTO budgets (scope, key, ceiling) VALUES ('month', '2026-11', 10)")
    db_builders.execute("UPDATE budgets SET spent = 8, alarmed_at = now() WHERE key = '2026-11'")
    db_builders.execute("UPDATE budgets SET spent = 9 WHERE key = '2026-11'")
    (event,) = written()
    assert (event.kind, event.data["spent"]) == (Event.BUDGET_NEAR, 8)


def test_a_trouble_of_less_than_a_minute_is_not_announced(webhook: int) -> None:
    report()
    report()
    assert len(written(Event.TROUBLE_BEGUN)) == 1
    assert transact(deliveries.announce) == 0
    resolve()
    assert written() == []


def test_a_longer_trouble_is_announced_when_it_begins_and_when_it_ends(webhook: int) -> None:
    report()
    db_builders.execute("UPDATE webhook_events SET due_at = now()")
    assert transact(deliveries.announce) == 1
    resolve()
    assert transact(deliveries.announce) == 1
    assert [event.kind for event in written()] == [Event.TROUBLE_BEGUN, Event.TROUBLE_ENDED]
    assert [entry["webhook"] for entry in transact(deliveries.log)] == [webhook, webhook]


def test_without_a_webhook_nothing_is_written(webhook: int) -> None:
    transact(partial(events.remove, webhook_id=webhook))
    db_builders.delivered(1)
    report("other")
    resolve()
    assert written() == []


def test_what_is_rolled_back_is_not_announced(webhook: int) -> None:
    batch = db_builders.batch(1)
    with engine().connect() as connection:
        batches.halt(connection, batch, "by hand")
        connection.rollback()
    assert written() == []


def test_a_webhook_is_told_of_what_it_asked_for(webhook: int) -> None:
    only = [Event.BATCH_HALTED]
    second = transact(partial(events.add, url=PAGE, events=only, kind=Format.SLACK, person="person:ada")).id
    db_builders.delivered(1)
    transact(deliveries.announce)
    assert {entry["webhook"] for entry in transact(deliveries.log)} == {webhook} != {second}
