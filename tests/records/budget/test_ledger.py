"""Accounts: what is reserved comes back however a shard ends, and what is spent is booked once."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa

from line.errors import InputError, LeaseLostError
from records import batches, outcomes
from records.budget import ledger
from records.budget.account import Account, Scope, keys
from records.queries import reports
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.scenes import money

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def opened(batch_id: int, **ceilings: float) -> list[Account]:
    """Open accounts of a batch with these ceilings, and close those of other scopes."""

    def work(connection: sa.Connection) -> list[Account]:
        batch, month = batches.get(connection, batch_id), ledger.this_month(connection)
        names = keys(batch_id, batch.vendor, month)
        wanted = {(Scope(name), names[Scope(name)]): ledger.amount(limit) for name, limit in ceilings.items()}
        ledger.open_accounts(connection, wanted, names.items() - wanted.keys())
        return ledger.locked_accounts(connection, batch_id, batch.vendor, month)

    return transact(work)


def reserve(shard_id: int, *estimates: float) -> None:
    amounts = [ledger.amount(estimate) for estimate in estimates]

    def work(connection: sa.Connection) -> None:
        ledger.reserve(connection, shard_id, ledger.this_month(connection), amounts)

    transact(work)


def batch_account(batch_id: int) -> tuple[float, float, float]:
    account = money.accounts(batch_id)["batch"]
    return float(account.spent), float(account.reserved), float(account.left)


def test_a_step_that_ends_turns_its_reservation_into_what_it_cost() -> None:
    batch = db_builders.batch(2)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)
    reserve(shard, 2, 2, 2)
    assert batch_account(batch) == (0, 6, 4)
    money.end_step(shard, 0, 0.5)
    assert batch_account(batch) == (1, 4, 5)
    money.end_step(shard, 1, 1.5)
    money.end_step(shard, 2, 0.25)
    assert batch_account(batch) == (4.5, 0, 5.5)


def test_a_chain_that_ends_early_gives_back_the_steps_it_never_ran() -> None:
    batch = db_builders.batch(2)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)
    reserve(shard, 2, 2, 2)
    taken = db_builders.claim(shard)
    db_builders.finish(taken, [db_builders.refuse(result) for result in db_builders.results(taken)])
    assert batch_account(batch)[1] == 0


def test_a_halt_gives_back_what_is_not_begun() -> None:
    batch = db_builders.batch(4)
    opened(batch, batch=10)
    first, second = (row.id for row in db_builders.rows(batch)[:2])
    begun, waiting = db_builders.shard(batch, [first]), db_builders.shard(batch, [second])
    reserve(begun, 1, 1, 1)
    reserve(waiting, 1, 1, 1)
    taken = db_builders.claim(begun)
    transact(lambda connection: batches.halt(connection, batch, "by hand"))
    assert batch_account(batch)[1] == 3
    db_builders.finish(taken)
    assert batch_account(batch)[1] == 0


def test_a_killed_worker_s_reservation_goes_to_the_parts_of_its_shard() -> None:
    batch = db_builders.batch(9)
    opened(batch, batch=100)
    shard = db_builders.shard(batch)
    reserve(shard, 9, 9, 18)
    money.end_step(shard, 0, 1)
    parts = money.kill(shard, 1)
    assert len(parts) == 3
    assert [money.reserved(part) for part in (shard, *parts)] == [0, 9, 9, 9]
    assert batch_account(batch) == (9, 27, 64)
    for part in parts:
        money.end(part, 0.5)
    assert batch_account(batch) == (18, 0, 82)


def test_a_replayed_step_is_booked_once() -> None:
    batch = db_builders.batch(2)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)
    taken = db_builders.claim(shard)
    db_builders.finish(taken)
    before = batch_account(batch)
    with pytest.raises(LeaseLostError):
        db_builders.finish(taken)
    assert batch_account(batch) == before


def test_a_worker_without_a_price_is_booked_at_the_estimate() -> None:
    batch = db_builders.batch(2)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)
    reserve(shard, 3, 1, 1)
    taken = db_builders.claim(shard)
    run = replace(db_builders.ran(taken), cost_per_second=0.0, is_priced=False)
    transact(lambda connection: outcomes.finish(connection, taken, run, db_builders.results(taken)))
    assert batch_account(batch) == (3, 2, 5)


def test_an_account_that_is_opened_late_starts_with_what_was_spent_and_reserved() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    reserve(shard, 2, 2, 2)
    money.end_step(shard, 0, 1)
    accounts = {account.scope: account for account in opened(batch, batch=10, month=1000, vendor=500)}
    assert money.numbers(accounts[Scope.BATCH]) == [(2, 4, 4)]
    assert accounts[Scope.MONTH].spent >= accounts[Scope.VENDOR].spent >= 2
    assert accounts[Scope.VENDOR].reserved >= 4


def test_the_alarm_is_raised_once_at_80_percent_and_again_after_a_raise() -> None:
    batch = db_builders.batch(1)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)

    def alarms() -> list[str]:
        troubles = transact(partial(reports.troubles, batch_id=batch))
        return [trouble.sentence for trouble in troubles if trouble.subject == f"budget of batch {batch}"]

    money.end_step(shard, 0, 7.9)
    assert alarms() == []
    money.end_step(shard, 1, 0.1)
    assert len(alarms()) == 1
    assert alarms()[0].startswith("80% is spent (8.0000 of 10.0000)")
    opened(batch, batch=20)
    assert alarms() == []
    money.end_step(shard, 2, 9)
    assert alarms()[0].startswith("85% is spent")


def test_a_budget_set_by_hand_outlives_the_file_s() -> None:
    batch = db_builders.batch(1)
    opened(batch, batch=10)
    money.end_step(db_builders.shard(batch), 0, 4)
    transact(lambda connection: ledger.set_by_hand(connection, batch, 12, "person:ada"))
    (account,) = opened(batch, batch=10)
    assert account.ceiling == 12
    assert account.set_by == "person:ada"
    with pytest.raises(InputError, match=r"has spent 4\.0000 already"):
        transact(lambda connection: ledger.set_by_hand(connection, batch, 3, "person:ada"))


def test_an_account_without_a_ceiling_is_closed() -> None:
    batch = db_builders.batch(1)
    opened(batch, batch=10)
    assert opened(batch) == []
    assert "batch" not in money.accounts(batch)


def test_amounts_are_exact() -> None:
    assert sum([ledger.amount(0.1)] * 10, Decimal(0)) >= 1
    assert ledger.amount(0.1) - ledger.amount(0.1) == 0


def test_the_report_of_a_batch_has_its_budget_and_the_cost_of_each_step() -> None:
    batch = db_builders.batch(2)
    opened(batch, batch=10)
    shard = db_builders.shard(batch)
    reserve(shard, 2, 2, 2)
    money.end_step(shard, 0, 0.5)
    money.end_step(shard, 1, 2)
    report = transact(partial(reports.batch, batch_id=batch))
    (account,) = report["budget"]
    assert account == {
        "scope": "batch",
        "key": str(batch),
        "ceiling": 10,
        "spent": 5,
        "reserved": 2,
        "left": 3,
    }
    assert report["cost_per_thousand"] == {"sabotage": 2000, "admit": 500}


def test_a_batch_that_is_deleted_takes_its_reservations_and_totals_along() -> None:
    batch = db_builders.batch(1)
    shard = db_builders.shard(batch)
    reserve(shard, 2, 2, 2)
    money.end(shard)
    for table in ("events", "steps", "images", "shards", "image_counts", "batches"):
        key = "id" if table == "batches" else "batch_id"
        db_builders.execute(f"DELETE FROM {table} WHERE {key} = :batch", batch=batch)
    assert money.reserved(shard) == 0
    assert db_builders.execute("SELECT count(*) FROM step_totals WHERE batch_id = :b", b=batch).scalar() == 0
