"""The accounts in Postgres: opened, reserved from before a shard is published, settled when a step ends.

``reserved`` follows the open shards by triggers (``0010_budgets.sql``): a shard that ends in any way gives back what it
had reserved.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from typing import Final, TypeAlias

import sqlalchemy as sa

from line.errors import InputError
from line.states import ShardState
from line.trouble import TroubleKind
from records import batches, troubles
from records.budget.account import Account, Scope, keys
from records.budget.tables import budgets, reservations
from records.shards import Claim
from records.tables import batches as batch_table
from records.tables import shards, steps

SMALLEST: Final = Decimal("1e-9")
"""Smallest amount that is recorded."""

_NOBODY_BOOKS = sa.text("LOCK TABLE budgets IN SHARE ROW EXCLUSIVE MODE")
_KEYS = sa.tuple_(budgets.c.scope, budgets.c.key)


def this_month(connection: sa.Connection) -> str:
    """The month by the clock of Postgres, as ``YYYY-MM`` in UTC."""
    return str(
        connection.scalar(sa.select(sa.func.to_char(sa.func.timezone("UTC", sa.func.now()), "YYYY-MM")))
    )


Wanted: TypeAlias = Mapping[tuple[Scope, str], Decimal]
"""Ceilings by scope and key."""


def open_accounts(
    connection: sa.Connection, wanted: Wanted, unwanted: Collection[tuple[Scope, str]] = ()
) -> None:
    """Open accounts with these ceilings, and close others, unless a person set their ceilings.

    A new account starts with what was spent and reserved before. This needs a transaction of its own that locks no
    batch: whoever ends a step locks its batch first and the accounts after it.
    """
    if not _differs(connection, wanted, unwanted):
        return
    connection.execute(_NOBODY_BOOKS)
    by_file = budgets.c.set_by.is_(None)
    if unwanted:
        connection.execute(sa.delete(budgets).where(_named(unwanted), by_file))
    accounts = {(account.scope, account.key): account for account in _read(connection, wanted)}
    for name, ceiling in wanted.items():
        account = accounts.get(name)
        if account is None:
            _open(connection, *name, ceiling)
        elif account.set_by is None and account.ceiling != ceiling:
            _set_ceiling(connection, account, ceiling, None)


def locked_accounts(connection: sa.Connection, batch_id: int, vendor: str, month: str) -> list[Account]:
    """The accounts that pay for a batch, locked until the transaction ends; the batch must be locked."""
    return _read(connection, keys(batch_id, vendor, month).items(), lock=True)


def reserve(connection: sa.Connection, shard_id: int, month: str, estimates: Sequence[Decimal]) -> None:
    """Reserve for a shard that was just recorded; ``estimates`` has one amount for each step of its route."""
    values = {
        "shard_id": shard_id,
        "month": month,
        "estimates": estimates,
        "remaining": sum(estimates, Decimal(0)),
    }
    connection.execute(sa.insert(reservations).values(values))


def carry_over(connection: sa.Connection, shard_id: int, parts: Sequence[int]) -> None:
    """Reserve for the parts of a shard that was taken apart, in proportion to their images.

    What the shard had reserved was given back when it ended.
    """
    held = connection.execute(
        sa.select(reservations.c.month, reservations.c.estimates, shards.c.at, shards.c.images)
        .join(shards, shards.c.id == reservations.c.shard_id)
        .where(shards.c.id == shard_id)
    ).one_or_none()
    if held is None:
        return
    sizes = sa.select(shards.c.id, shards.c.images).where(shards.c.id.in_(parts)).order_by(shards.c.id)
    for part in connection.execute(sizes):
        share = Decimal(part.images) / held.images
        reserve(
            connection,
            part.id,
            held.month,
            [amount(estimate * share) for estimate in held.estimates[held.at :]],
        )


def settle(connection: sa.Connection, claim: Claim, cost: float, *, is_priced: bool) -> None:
    """Book what a step cost, in the transaction that ends it, before the shard moves on.

    Where the worker had no price for its device, the estimate is booked instead: an unknown price costs something.
    """
    held = connection.execute(
        sa.select(reservations.c.month, reservations.c.estimates).where(
            reservations.c.shard_id == claim.shard_id
        )
    ).one_or_none()
    booked = amount(cost)
    if held is not None and not is_priced:
        booked = held.estimates[claim.at]
    if not booked:
        return
    vendor = connection.scalar(sa.select(batch_table.c.vendor).where(batch_table.c.id == claim.batch_id))
    month = held.month if held else this_month(connection)
    names = keys(claim.batch_id, str(vendor), month).items()
    if not _read(connection, names, lock=True):
        return
    rows = connection.execute(
        sa.update(budgets).where(_named(names)).values(spent=budgets.c.spent + booked).returning(budgets)
    )
    for row in rows.all():
        account = Account.from_row(row)
        if account.is_alarming and row.alarmed_at is None:
            _raise_alarm(connection, account, claim.batch_id)


def set_by_hand(connection: sa.Connection, batch_id: int, ceiling: float, person: str) -> None:
    """Give a batch a budget of its own, whatever the topology file says; in a transaction that locks no batch.

    Raises:
        InputError: so much is spent already, or there is no such batch.
    """
    batches.get(connection, batch_id)
    name = (Scope.BATCH, str(batch_id))
    connection.execute(_NOBODY_BOOKS)
    if not _read(connection, [name]):
        _open(connection, *name, amount(ceiling))
    (account,) = _read(connection, [name])
    if account.spent >= amount(ceiling):
        raise InputError(
            f"--budget {ceiling:g}: batch {batch_id} has spent {account.spent:.4f} already; give a larger budget"
        )
    _set_ceiling(connection, account, amount(ceiling), person)


def accounts_of(connection: sa.Connection, batch_id: int) -> list[Account]:
    """The accounts that pay for a batch this month, not locked."""
    vendor = connection.scalar(sa.select(batch_table.c.vendor).where(batch_table.c.id == batch_id))
    return _read(connection, keys(batch_id, str(vendor), this_month(connection)).items())


def amount(value: float | Decimal) -> Decimal:
    """An amount as it is recorded, rounded up."""
    return Decimal(value).quantize(SMALLEST, ROUND_UP)


def _named(names: Iterable[tuple[Scope, str]]) -> sa.ColumnElement[bool]:
    return _KEYS.in_([(scope.value, key) for scope, key in names])


def _read(
    connection: sa.Connection, names: Iterable[tuple[Scope, str]], *, lock: bool = False
) -> list[Account]:
    query = sa.select(budgets).where(_named(names)).order_by(budgets.c.scope, budgets.c.key)
    return [Account.from_row(row) for row in connection.execute(query.with_for_update() if lock else query)]


def _differs(connection: sa.Connection, wanted: Wanted, unwanted: Collection[tuple[Scope, str]]) -> bool:
    there = {(account.scope, account.key): account for account in _read(connection, [*wanted, *unwanted])}
    if any(name in there and there[name].set_by is None for name in unwanted):
        return True
    by_hand = {name for name, account in there.items() if account.set_by is not None}
    ceilings = {name: account.ceiling for name, account in there.items()}
    return any(ceilings.get(name) != ceiling for name, ceiling in wanted.items() if name not in by_hand)


def _open(connection: sa.Connection, scope: Scope, key: str, ceiling: Decimal) -> None:
    """A new account, with what was spent and reserved before it was opened."""
    spent = sa.select(sa.func.coalesce(sa.func.sum(steps.c.cost), 0))
    held = (
        sa.select(sa.func.coalesce(sa.func.sum(reservations.c.remaining), 0))
        .join(shards, shards.c.id == reservations.c.shard_id)
        .where(shards.c.state == ShardState.OPEN)
    )
    if scope is Scope.BATCH:
        spent = spent.where(steps.c.batch_id == int(key))
        held = held.where(shards.c.batch_id == int(key))
    else:
        vendor, _, month = key.rpartition(" ")
        start = sa.func.timezone("UTC", sa.cast(f"{month}-01", sa.DateTime))
        spent, held = spent.where(steps.c.at >= start), held.where(reservations.c.month == month)
        if scope is Scope.VENDOR:
            of_vendor = sa.select(batch_table.c.id).where(batch_table.c.vendor == vendor)
            spent, held = (
                spent.where(steps.c.batch_id.in_(of_vendor)),
                held.where(shards.c.batch_id.in_(of_vendor)),
            )
    values = {"scope": scope.value, "key": key, "ceiling": ceiling}
    before = {"spent": amount(connection.scalar(spent) or 0), "reserved": connection.scalar(held) or 0}
    connection.execute(sa.insert(budgets).values(values | before))


def _set_ceiling(connection: sa.Connection, account: Account, ceiling: Decimal, person: str | None) -> None:
    connection.execute(
        sa.update(budgets)
        .where(_named([(account.scope, account.key)]))
        .values(ceiling=ceiling, set_by=person, alarmed_at=None)
    )
    troubles.resolve(connection, TroubleKind.BUDGET, account.subject)


def _raise_alarm(connection: sa.Connection, account: Account, batch_id: int) -> None:
    connection.execute(
        sa.update(budgets).where(_named([(account.scope, account.key)])).values(alarmed_at=sa.func.now())
    )
    share = account.spent / account.ceiling
    sentence = (
        f"{share:.0%} is spent ({account.spent:.4f} of {account.ceiling:.4f}); at 100 % its batches halt. "
        "Raise it in sluice.toml, or for one batch with `sluice resume BATCH --budget AMOUNT`"
    )
    of_batch = batch_id if account.scope is Scope.BATCH else None
    troubles.report(connection, TroubleKind.BUDGET, account.subject, sentence, of_batch)
