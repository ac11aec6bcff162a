"""Batches that spend: a topology with budgets, measured paces, and shards that are ended and killed by hand."""

import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from records import lost_shards, outcomes, shards
from records.budget import ledger
from records.budget.account import Account
from records.budget.estimates import Pace
from records.lost_shards import Lost
from records.shards import Claim, Owner
from records.tables import shards as shard_table
from scheduler.budget import Spending
from tests.harness import db_builders
from tests.harness.context import transact
from worker.topology import Budget, Topology

PER_HOUR = 3600.0
"""A second costs 1."""
ME = db_builders.ME
OVERRUNS = sa.text("""
    SELECT coalesce(sum(greatest(cost - coalesce(estimates[array_position(route, position)], 0), 0)), 0)
    FROM (SELECT shard_id, position, sum(cost)::numeric AS cost FROM steps WHERE batch_id = ANY(:batches)
          GROUP BY shard_id, position) AS spent
    JOIN shards ON shards.id = shard_id LEFT JOIN reservations USING (shard_id)
""")
"""Sum over all steps of all shards of what each cost beyond what it had reserved."""
MODELS = {"deliver": "plain_ground"}
"""Models of the steps that have one."""


def topology(price: float | None = PER_HOUR, **budget: float) -> Topology:
    """A topology whose CPU costs so much an hour, with this ``[budget]``."""
    costs = {} if price is None else {"cpu": price}
    return Topology(costs=costs, budget=Budget(**budget))


def spending(
    pace: float | None = 1.0, price: float | None = PER_HOUR, step_seconds: float = 900, **budget: float
) -> Spending:
    """Spending under budgets, every step of :data:`db_builders.STEPS` measured at ``pace`` seconds an image."""
    spending = Spending(lambda: topology(price, **budget), step_seconds)
    if pace is not None:
        measured = (time.monotonic() + 3600, Pace(pace, 0.0))
        spending._paces.update({(step, MODELS.get(step), "cpu"): measured for step in db_builders.STEPS})
    return spending


def accounts(batch_id: int) -> Mapping[str, Account]:
    """The accounts of a batch by their scope."""
    accounts = transact(lambda connection: ledger.accounts_of(connection, batch_id))
    return {account.scope.value: account for account in accounts}


def reserved(shard_id: int) -> Decimal:
    """What a shard still has reserved."""
    row = db_builders.execute("SELECT remaining FROM reservations WHERE shard_id = :shard", shard=shard_id)
    return Decimal(row.scalar() or 0)


def end_step(shard_id: int, at: int, seconds: float, owner: Owner = ME) -> bool:
    """Claim and end a step; each image took so many seconds, at a price of 1."""
    taken = db_builders.try_claim(shard_id, at, owner)
    return taken is not None and finish(taken, seconds)


def finish(taken: Claim, seconds: float) -> bool:
    """End a claimed step; each image took so many seconds, at a price of 1."""
    return transact(partial(record_end, taken=taken, seconds=seconds))


def record_end(connection: sa.Connection, taken: Claim, seconds: float) -> bool:
    """:func:`finish` in a transaction that is on."""
    results = [replace(result, seconds=seconds) for result in db_builders.results(taken)]
    return outcomes.finish(connection, taken, replace(db_builders.ran(taken), cost_per_second=1.0), results)


def end(shard_id: int, seconds: float = 1.0) -> None:
    """End all steps of a shard."""
    at = 0
    while end_step(shard_id, at, seconds):
        at += 1


def kill(shard_id: int, at: int = 0) -> list[int]:
    """Let the worker of a shard die; answers the shards that it goes on in."""
    if db_builders.try_claim(shard_id, at) is None:
        return []
    return take_back(shard_id)


def claim_next(batch_id: int) -> Claim | None:
    """Claim the oldest open shard of a batch for its next step, as a process that nobody else is."""
    owner = replace(ME, process=uuid4().hex)

    def work(connection: sa.Connection) -> Claim | None:
        query = sa.select(shard_table.c.id, shard_table.c.at).order_by(shard_table.c.id).limit(1)
        is_open = (shard_table.c.batch_id == batch_id, shard_table.c.state == "open")
        row = connection.execute(query.where(*is_open)).one_or_none()
        return row and shards.claim(connection, row.id, row.at, owner, 60.0)

    return transact(work)


def take_back(shard_id: int) -> list[int]:
    """Take a shard from its worker; answers the shards that it goes on in."""
    batch_id = db_builders.execute("SELECT batch_id FROM shards WHERE id = :id", id=shard_id).scalar_one()

    def sweep(connection: sa.Connection) -> list[int]:
        return lost_shards.take_back(connection, Lost(shard_id, batch_id), lambda process: True)

    return transact(sweep)


def numbers(*accounts_: Account) -> list[tuple[Any, ...]]:
    return [(float(account.spent), float(account.reserved), float(account.left)) for account in accounts_]


def overruns(*batch_ids: int) -> Decimal:
    """:data:`OVERRUNS` of some batches."""
    return Decimal(db_builders.execute(OVERRUNS.text, batches=list(batch_ids)).scalar_one())
