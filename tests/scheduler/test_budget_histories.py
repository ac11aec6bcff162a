"""Random histories of batches that share budgets: claims, ends, deaths and halts at the same time, on real Postgres."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from line.errors import LeaseLostError
from records import batches, recipes, shards, workers
from records.batches import NewBatch
from records.budget import ledger
from records.budget.account import Scope
from records.shards import NewShard, Route
from records.tables import batches as batch_table
from records.tables import shards as shard_table
from scheduler import budget
from scheduler.budget import Spending
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.scenes import money

HISTORIES = int(os.environ.get("SLUICE_TEST_HISTORIES", "15"))
"""Random histories; ``thorough`` runs are started with 10,000 by hand, in pieces with a seed each."""
IMAGES = 6
SHARD_IMAGES = 3
IMAGE_PRICE = 2
"""What an image may cost: a second at a price of 1 in each of two steps."""
ROUNDING = Decimal("1e-6")
"""Every amount is rounded up to a billionth."""
NUMBERS = count()
STANDING = sa.text(
    """SELECT halt_reason, (SELECT coalesce(sum(cost::numeric), 0) FROM steps WHERE batch_id = :batch) AS cost,
    (SELECT count(*) FROM images WHERE batch_id = :batch AND state IN ('waiting', 'held') AND step = 0) AS waiting
    FROM batches WHERE id = :batch"""
)
"""What a batch's steps cost, and how many of its images had no money."""
ROUTE = Route((0, 1), ("admit", "sabotage"), ("admit", "erase_text"))

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["claim", "claim", "claim", "end", "end", "end", "kill", "end_late", "die_claiming", "halt"]
        ),
        st.integers(0, 1),
        st.floats(0.25, 2.0),
    ),
    min_size=6,
    max_size=12,
)

pytestmark = [
    pytest.mark.services,
    pytest.mark.usefixtures("records"),
    pytest.mark.timeout(900 + 10 * HISTORIES),
]


class DeathError(Exception):
    """Raised where a claimer loses its connection."""


class History:
    """Two batches of one vendor with a budget each and one together."""

    def __init__(self, per_batch: float, per_vendor: float) -> None:
        recipe = db_builders.recipe_of()
        number = f"{os.getpid()}-{next(NUMBERS)}"
        files = [db_builders.named(f"{image}.jpg") for image in range(IMAGES)]

        def work(connection: sa.Connection) -> list[int]:
            recipes.save(connection, recipe)
            new = (
                NewBatch(f"v{number}", name, "p", f"{number}{name}", recipe.digest, "file:///nowhere")
                for name in "ab"
            )
            return [int(batches.record(connection, batch, files) or 0) for batch in new]

        self.batches = transact(work)
        self.recipe = recipe.digest
        self.spending: Spending = money.spending(per_batch=per_batch, per_vendor=per_vendor)
        transact(self.spending.open_accounts)

    def claim(self, batch_id: int, _: float = 0.0) -> None:
        """Publish a shard of some waiting images, as far as there is money."""
        transact(partial(self._publish, batch_id=batch_id, images=SHARD_IMAGES))

    def die_claiming(self, batch_id: int, _: float) -> None:
        """Lose the connection after the reservation and before its commit."""

        def work(connection: sa.Connection) -> None:
            self._publish(connection, batch_id, SHARD_IMAGES)
            connection.invalidate()
            raise DeathError

        with suppress(DeathError):
            transact(work)

    def _publish(self, connection: sa.Connection, batch_id: int, images: int) -> None:
        batch = batches.lock(connection, batch_id)
        query = sa.text(
            "SELECT id FROM images WHERE batch_id = :batch AND state = 'waiting' AND step = 0"
            " ORDER BY id LIMIT :images"
        )
        ids = tuple(connection.scalars(query, {"batch": batch_id, "images": images}))
        if batch.state != "running" or not ids:
            return
        wanted = NewShard(batch_id, self.recipe, ROUTE, ids, 0.1 * len(ids))
        affordable = self.spending.fit(connection, batch, [wanted])
        if affordable.refusal:
            batches.halt(connection, batch_id, affordable.refusal)
        created = shards.create(connection, [priced.shard for priced in affordable.shards])
        budget.record(connection, dict(zip(created, affordable.shards, strict=True)), affordable.month)

    def end(self, batch_id: int, seconds: float) -> None:
        """End the next step of an open shard."""
        if taken := money.claim_next(batch_id):
            money.finish(taken, seconds)

    def kill(self, batch_id: int, _: float) -> None:
        """Let a worker die that holds a shard; the shard goes on without it."""
        if taken := money.claim_next(batch_id):
            money.take_back(taken.shard_id)

    def end_late(self, batch_id: int, seconds: float) -> None:
        """Let a worker end a step after its shard was taken from it."""
        if taken := money.claim_next(batch_id):
            money.take_back(taken.shard_id)
            with pytest.raises(LeaseLostError):
                money.finish(taken, seconds)

    def halt(self, batch_id: int, _: float) -> None:
        transact(partial(batches.halt, batch_id=batch_id, reason="by hand"))

    def conclude(self, connection: sa.Connection) -> None:
        """What is open ends, the rest is spent, and the books are checked."""
        self.spend_the_rest(connection)
        self.check(connection)
        self.retire(connection)

    def spend_the_rest(self, connection: sa.Connection) -> None:
        """Open shards end, and then what the batches publish that still run and can pay."""
        for batch_id in self.batches:
            self._drain(connection, batch_id)
        for batch_id in self.batches:
            self._publish(connection, batch_id, IMAGES)
            self._drain(connection, batch_id)

    def _drain(self, connection: sa.Connection, batch_id: int) -> None:
        query = sa.select(shard_table.c.id, shard_table.c.at)
        is_open = (shard_table.c.batch_id == batch_id, shard_table.c.state == "open")
        for shard_id, first in connection.execute(query.where(*is_open)).all():
            for at in range(first, len(ROUTE.positions)):
                if taken := shards.claim(connection, shard_id, at, money.ME, 60.0):
                    money.record_end(connection, taken, 1.0)

    def check(self, connection: sa.Connection) -> None:
        """No budget is overspent, nothing stays reserved, and no money is left that could pay for an image."""
        overruns = Decimal(connection.execute(money.OVERRUNS, {"batches": self.batches}).scalar_one())
        for batch_id in self.batches:
            accounts = ledger.accounts_of(connection, batch_id)
            for account in accounts:
                assert account.reserved == 0
                assert account.spent <= account.ceiling + overruns + ROUNDING
            row = connection.execute(STANDING, {"batch": batch_id}).one()
            (of_batch,) = [account for account in accounts if account.scope is Scope.BATCH]
            assert abs(of_batch.spent - row.cost) <= ROUNDING
            if row.halt_reason != "by hand" and row.waiting:
                assert min(account.room for account in accounts) < IMAGE_PRICE

    def retire(self, connection: sa.Connection) -> None:
        """No later history looks at these batches."""
        running = (batch_table.c.id.in_(self.batches), batch_table.c.state == "running")
        connection.execute(sa.update(batch_table).where(*running).values(state="halted"))


@pytest.fixture(autouse=True)
def _devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "devices", lambda connection: dict.fromkeys(db_builders.QUEUES, ("cpu",)))


@settings(
    max_examples=HISTORIES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # what depends on timing cannot be made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(operations=OPERATIONS, per_batch=st.floats(1, 18), per_vendor=st.floats(1, 30))
def test_no_history_spends_more_than_its_budgets_and_its_overruns_and_nothing_stays_reserved(
    operations: list[tuple[str, int, float]], per_batch: float, per_vendor: float
) -> None:
    history = History(per_batch, per_vendor)

    def do(operation: tuple[str, int, float]) -> None:
        name, which, seconds = operation
        getattr(history, name)(history.batches[which], seconds)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(do, operations))
    transact(history.conclude)
