"""Batches that spend: a topology with budgets, measured paces, and shards that are ended and killed by hand."""

import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from records import lost_shards
from records.budget import ledger
from records.budget.account import Account
from records.budget.estimates import Pace
from records.lost_shards import Lost
from records.shards import Owner
from scheduler.budget import Spending
from tests.harness import db_builders
from tests.harness.context import transact
from worker.topology import Budget, Topology

PER_HOUR = 3600.0
"""A second costs 1."""
ME = db_builders.ME
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
    if taken is None:
        return False
    results = [replace(result, seconds=seconds) for result in db_builders.results(taken)]
    run = replace(db_builders.ran(taken), cost_per_second=1.0)
    from records import outcomes

    return transact(lambda connection: outcomes.finish(connection, taken, run, results))


def end(shard_id: int, seconds: float = 1.0) -> None:
    """End all steps of a shard."""
    at = 0
    while end_step(shard_id, at, seconds):
        at += 1


def kill(shard_id: int, at: int = 0) -> list[int]:
    """Let the worker of a shard die; answers the shards that it goes on in."""
    if db_builders.try_claim(shard_id, at) is None:
        return []
    batch_id = db_builders.execute("SELECT batch_id FROM shards WHERE id = :id", id=shard_id).scalar_one()

    def sweep(connection: sa.Connection) -> list[int]:
        return lost_shards.take_back(connection, Lost(shard_id, batch_id), lambda process: True)

    return transact(sweep)


def numbers(*accounts_: Account) -> list[tuple[Any, ...]]:
    return [(float(account.spent), float(account.reserved), float(account.left)) for account in accounts_]


def overruns(*batch_ids: int) -> Decimal:
    """Sum over all steps of all shards of what each cost beyond what it had reserved."""
    query = """
        SELECT coalesce(sum(greatest(cost - coalesce(estimates[array_position(route, position)], 0), 0)), 0)
        FROM (SELECT shard_id, position, sum(cost)::numeric AS cost FROM steps WHERE batch_id = ANY(:batches)
              GROUP BY shard_id, position) AS spent
        JOIN shards ON shards.id = shard_id LEFT JOIN reservations USING (shard_id)
    """
    return Decimal(db_builders.execute(query, batches=list(batch_ids)).scalar_one())
