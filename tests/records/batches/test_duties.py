"""What a scheduler has to do: one statement tells, and it agrees with what each duty would look for itself."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from records import batches, templates
from records.batches import duties
from records.batches.duties import Duty
from records.queries import listings
from records.storage import withdrawals
from records.webhooks import deliveries
from tests.harness import db_builders
from tests.harness.context import database, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records", "nothing_to_do")]


@pytest.fixture
def nothing_to_do() -> None:
    for statement in (
        "UPDATE batches SET state = 'halted' WHERE state IN ('running', 'probing')",
        "UPDATE batches SET manifest_due = false, surveyed_at = now(), searched_at = NULL",
        "UPDATE shards SET state = 'done' WHERE state = 'open'",
        "UPDATE decisions SET undone_at = now() WHERE undo_by IS NOT NULL",
        "DELETE FROM withdrawals",
        "UPDATE webhook_events SET announced_at = now() WHERE announced_at IS NULL",
        "UPDATE webhook_deliveries SET due_at = NULL",
    ):
        db_builders.execute(statement)


def pending() -> frozenset[Duty]:
    return database().autocommit(duties.pending)[0] - {Duty.DECIDE_ROLLOUTS, Duty.SEND_ROUND}


def test_an_idle_line_has_no_duties_and_no_work() -> None:
    assert not pending()
    assert not database().autocommit(duties.pending)[1]


def test_waiting_images_are_to_be_planned_and_their_batch_to_be_learnt_from() -> None:
    batch = db_builders.batch(1)
    assert pending() == {Duty.PLAN, Duty.LEARN}
    db_builders.shard(batch)
    assert pending() == {Duty.LEARN}
    assert database().autocommit(duties.pending)[1]


def test_a_batch_in_which_all_is_settled_is_to_be_closed_and_then_has_a_manifest_due() -> None:
    batch = db_builders.batch(1)
    db_builders.through(db_builders.shard(batch))
    assert Duty.CLOSE in pending()
    transact(lambda connection: batches.close(connection, batch))
    assert pending() - {Duty.SEND_WEBHOOKS} == {Duty.MANIFEST, Duty.LEARN}


def learnt_from(connection: sa.Connection) -> bool:
    return bool(templates.due(connection))


def manifest_due(connection: sa.Connection) -> bool:
    return bool(listings.due_manifests(connection))


def closable(connection: sa.Connection) -> bool:
    return bool(batches.settled(connection))


def to_withdraw(connection: sa.Connection) -> bool:
    return bool(withdrawals.pending(connection))


def to_announce(connection: sa.Connection) -> bool:
    return deliveries.is_any_due(connection)


@pytest.mark.parametrize(
    ("duty", "is_due"),
    [
        (Duty.LEARN, learnt_from),
        (Duty.MANIFEST, manifest_due),
        (Duty.CLOSE, closable),
        (Duty.WITHDRAW, to_withdraw),
        (Duty.SEND_WEBHOOKS, to_announce),
    ],
)
def test_each_duty_agrees_with_what_it_looks_for_itself(
    duty: Duty, is_due: Callable[[sa.Connection], bool]
) -> None:
    batch = db_builders.batch(2)

    def check() -> None:
        assert (duty in pending()) is transact(is_due)

    check()
    shard = db_builders.shard(batch)
    for at in range(3):
        check()
        db_builders.finish(db_builders.claim(shard, at))
    check()
    transact(lambda connection: batches.close(connection, batch))
    check()
    transact(lambda connection: withdrawals.note(connection, batch, [("a.jpg", ())], certain=True))
    check()
    transact(lambda connection: templates.surveyed(connection, batch))
    check()
