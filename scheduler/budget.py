"""What a batch may still spend: shards are cut until they fit, and a batch that can pay for none is halted."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from records import batches, recipes, workers
from records.batches import Batch
from records.budget import estimates, ledger
from records.budget.account import Account, Scope, keys
from records.budget.estimates import Pace
from records.shards import NewShard
from worker.topology import FILE, Topology, load

PACE_SECONDS: Final = 20.0
"""Time for which a measured pace is used before it is measured again (s)."""


class UnknownPriceError(Exception):
    """Raised when a batch has a budget and a device has no price."""


class NoWorkerError(Exception):
    """Raised when no live worker serves a queue, so that no price can be told."""


@dataclass(frozen=True, slots=True)
class PricedShard:
    """A shard with what each step of its route may cost."""

    shard: NewShard
    estimates: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Affordable:
    """What of some shards a batch can pay for.

    Attributes:
        month: the month that pays, ``YYYY-MM``; empty where the batch has no budget.
        refusal: why the batch has to halt; empty where it goes on or waits for what is reserved.
    """

    shards: tuple[PricedShard, ...]
    month: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StepPrice:
    """Cost of one step: per image, or for a whole shard where the step was not measured yet."""

    per_image: Decimal = Decimal(0)
    per_shard: Decimal = Decimal(0)


class TopologyFile:
    """The topology file of a running scheduler: read again when it changes.

    Args:
        path: ``./sluice.toml`` where None.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._topology: Topology | None = None

    def __call__(self) -> Topology:
        """The topology as the file says now.

        Raises:
            SettingsError: the file cannot be read or holds something unusable.
        """
        try:
            status = (self._path or FILE).stat()
            stamp = status.st_mtime_ns, status.st_size
        except OSError:
            stamp = None
        if self._topology is None or stamp != self._stamp:
            self._topology, self._stamp = load(self._path), stamp
        return self._topology


@dataclass
class Spending:
    """Fits shards into the budgets of a topology file.

    Args:
        topology: answers prices and budgets.
        step_seconds: hard time limit of a step, assumed for steps that were not measured yet (s).
    """

    topology: Callable[[], Topology]
    step_seconds: float
    _paces: dict[tuple[str, str | None, str], tuple[float, Pace | None]] = field(default_factory=dict)

    def ceilings(self, vendor: str) -> dict[Scope, float]:
        """The limits that apply to a vendor's batches."""
        topology = self.topology()
        budget, vendor_limit = topology.budget, topology.vendor(vendor).budget_per_month
        limits = {
            Scope.BATCH: budget.per_batch,
            Scope.VENDOR: vendor_limit or budget.per_vendor,
            Scope.MONTH: budget.per_month,
        }
        return {scope: limit for scope, limit in limits.items() if limit is not None}

    def has_limits(self) -> bool:
        """Whether the file limits what any batch may spend."""
        topology = self.topology()
        limits = topology.budget.model_dump().values()
        agreed = (vendor.budget_per_month for vendor in topology.vendors.values())
        return any(limit is not None for limit in (*limits, *agreed))

    def open_accounts(self, connection: sa.Connection) -> None:
        """Open the accounts of every batch that may have work now; in a transaction of its own."""
        month = ledger.this_month(connection)
        wanted: dict[tuple[Scope, str], Decimal] = {}
        unwanted: set[tuple[Scope, str]] = set()
        for batch in batches.open_ones(connection):
            ceilings = self.ceilings(batch.vendor)
            for scope, key in keys(batch.id, batch.vendor, month).items():
                if scope in ceilings:
                    wanted[scope, key] = ledger.amount(ceilings[scope])
                else:
                    unwanted.add((scope, key))
        ledger.open_accounts(connection, wanted, unwanted)

    def fit(self, connection: sa.Connection, batch: Batch, new: Sequence[NewShard]) -> Affordable:
        """What of ``new`` the batch can pay for, in order; the batch must be locked, and its accounts are then too.

        Nothing while an account is not open yet, or no worker is there to name a device.
        """
        month = ledger.this_month(connection)
        accounts = ledger.locked_accounts(connection, batch.id, batch.vendor, month)
        if not {account.scope for account in accounts}.issuperset(self.ceilings(batch.vendor)):
            return Affordable((), month)
        if not accounts:
            return Affordable(tuple(PricedShard(shard) for shard in new))
        try:
            priced = [(shard, self._prices(connection, shard)) for shard in new]
        except UnknownPriceError as error:
            return Affordable((), month, f"budget: {error}")
        except NoWorkerError:
            return Affordable((), month)
        return _fitted(batch.id, accounts, priced, month)

    def _prices(self, connection: sa.Connection, shard: NewShard) -> list[StepPrice]:
        recipe = recipes.load(connection, shard.recipe)
        devices = workers.devices(connection)
        route = shard.route
        return [
            self._price(connection, transform, recipe.steps[position].model, devices.get(queue, ()), shard)
            for position, transform, queue in zip(
                route.positions, route.transforms, route.queues, strict=True
            )
        ]

    def _price(
        self,
        connection: sa.Connection,
        transform: str,
        model: str | None,
        devices: Sequence[str],
        shard: NewShard,
    ) -> StepPrice:
        """The price on the dearest device that may do the step."""
        if not devices:
            raise NoWorkerError
        prices: list[StepPrice] = []
        for device in devices:
            per_second = self.topology().price(device)
            if per_second is None:
                raise UnknownPriceError(
                    f"no price of {device} is known, so nothing is spent there: add it under [costs] in sluice.toml"
                )
            pace = self._pace(connection, transform, model, device)
            if pace is None:
                prices.append(StepPrice(per_shard=ledger.amount(self.step_seconds * per_second)))
            else:
                seconds = pace.of(shard.megapixels / len(shard.image_ids))
                prices.append(StepPrice(per_image=ledger.amount(seconds * per_second)))
        return max(prices, key=lambda price: price.per_shard + price.per_image * len(shard.image_ids))

    def _pace(self, connection: sa.Connection, transform: str, model: str | None, device: str) -> Pace | None:
        key = (transform, model, device)
        at, pace = self._paces.get(key, (-math.inf, None))
        if pace is None or time.monotonic() - at > PACE_SECONDS:
            pace = estimates.pace(connection, *key)
            self._paces[key] = (time.monotonic(), pace)
        return pace


def _fitted(
    batch_id: int, accounts: Sequence[Account], priced: Sequence[tuple[NewShard, list[StepPrice]]], month: str
) -> Affordable:
    room = min(account.room for account in accounts)
    is_quiet = all(not account.reserved for account in accounts)
    fitting: list[PricedShard] = []
    for shard, prices in priced:
        per_image = sum((price.per_image for price in prices), Decimal(0))
        per_shard = sum((price.per_shard for price in prices), Decimal(0))
        count = _affordable_images(room, per_image, per_shard, len(shard.image_ids))
        if count:
            part = PricedShard(_first(shard, count), _estimates(prices, count))
        elif per_shard and room > 0 and is_quiet and not fitting:
            part = PricedShard(_first(shard, 1), _trial_estimates(prices, room))
        elif is_quiet and not fitting:
            return Affordable((), month, _refusal(batch_id, accounts, per_image + per_shard))
        else:
            break  # what others have reserved may come back
        fitting.append(part)
        room -= sum(part.estimates, Decimal(0))
    return Affordable(tuple(fitting), month)


def _affordable_images(room: Decimal, per_image: Decimal, per_shard: Decimal, images: int) -> int:
    if room < per_image + per_shard or room < 0:
        return 0
    return images if not per_image else min(images, int((room - per_shard) / per_image))


def _estimates(prices: Sequence[StepPrice], images: int) -> tuple[Decimal, ...]:
    return tuple(price.per_shard + price.per_image * images for price in prices)


def _trial_estimates(prices: Sequence[StepPrice], room: Decimal) -> tuple[Decimal, ...]:
    """All of the room, shared out over the steps: one image is let through alone so that its steps are measured."""
    whole = sum((price.per_shard + price.per_image for price in prices), Decimal(0))
    shares = [(price.per_shard + price.per_image) * room / whole for price in prices]
    return tuple(share.quantize(ledger.SMALLEST, ROUND_DOWN) for share in shares)


def _first(shard: NewShard, count: int) -> NewShard:
    """The first images of a shard."""
    share = count / len(shard.image_ids)
    return replace(shard, image_ids=shard.image_ids[:count], megapixels=shard.megapixels * share)


def _refusal(batch_id: int, accounts: Sequence[Account], next_costs: Decimal) -> str:
    tightest = min(accounts, key=lambda account: account.room)
    mend = {
        Scope.BATCH: f"`sluice resume {batch_id} --budget AMOUNT` goes on",
        Scope.VENDOR: f"raise it in sluice.toml, then `sluice resume {batch_id}`",
        Scope.MONTH: f"raise it in sluice.toml, then `sluice resume {batch_id}`",
    }[tightest.scope]
    return (
        f"budget: {tightest.spent:.4f} of the {tightest.ceiling:.4f} of the {tightest.subject} is spent, and the next "
        f"image needs about {next_costs:.4f}; {mend}"
    )


def record(connection: sa.Connection, created: Mapping[int, PricedShard], month: str) -> None:
    """Reserve for shards that were just recorded, by id."""
    for shard_id, priced in created.items():
        if priced.estimates:
            ledger.reserve(connection, shard_id, month, priced.estimates)
