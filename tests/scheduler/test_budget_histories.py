"""Random histories of batches that share budgets: claims, ends, deaths and halts at the same time, on real Postgres."""

import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import batches, recipes, shards, workers
from records.batches import NewBatch
from records.shards import NewShard, Route
from scheduler import budget
from scheduler.budget import Spending
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.scenes import money

HISTORIES = int(os.environ.get("SLUICE_TEST_HISTORIES", "15"))
"""Random histories; ``thorough`` runs are started with 10,000 by hand."""
IMAGES = 12
ROUNDING = Decimal("1e-6")
"""Every amount is rounded up to a billionth."""
NUMBERS = count()
ROUTE = Route((0, 1), ("admit", "sabotage"), ("admit", "erase_text"))

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "claim", "end", "end", "end", "kill", "halt"]),
        st.integers(0, 1),
        st.floats(0.25, 2.0),
    ),
    min_size=1,
    max_size=14,
)

pytestmark = [
    pytest.mark.services,
    pytest.mark.usefixtures("records"),
    pytest.mark.timeout(900 + 10 * HISTORIES),
]


class History:
    """Two batches of one vendor with a budget each and one together."""

    def __init__(self, per_batch: float, per_vendor: float) -> None:
        recipe = db_builders.recipe_of()
        transact(partial(recipes.save, recipe=recipe))
        number = next(NUMBERS)
        self.batches = []
        for name in "ab":
            new = NewBatch(
                f"v{os.getpid()}-{number}",
                name,
                "p",
                f"{os.getpid()}-{number}{name}",
                recipe.digest,
                "file:///nowhere",
            )
            files = [db_builders.named(f"{image}.jpg") for image in range(IMAGES)]
            self.batches.append(int(transact(partial(batches.record, batch=new, files=files)) or 0))
        self.recipe = recipe.digest
        self.spending: Spending = money.spending(per_batch=per_batch, per_vendor=per_vendor)
        transact(self.spending.open_accounts)

    def claim(self, batch_id: int, _: float) -> None:
        """Publish a shard of some waiting images, as far as there is money."""

        def work(connection: sa.Connection) -> None:
            batch = batches.lock(connection, batch_id)
            query = sa.text(
                "SELECT id FROM images WHERE batch_id = :batch AND state = 'waiting' ORDER BY id LIMIT 4"
            )
            ids = tuple(connection.scalars(query, {"batch": batch_id}))
            if batch.state != "running" or not ids:
                return
            affordable = self.spending.fit(
                connection, batch, [NewShard(batch_id, self.recipe, ROUTE, ids, 0.4)]
            )
            created = shards.create(connection, [priced.shard for priced in affordable.shards])
            budget.record(connection, dict(zip(created, affordable.shards, strict=True)), affordable.month)

        transact(work)

    def end(self, batch_id: int, seconds: float) -> None:
        """End the next step of an open shard."""
        for row in db_builders.open_shards(batch_id)[:1]:
            money.end_step(row.id, row.at, seconds)

    def kill(self, batch_id: int, _: float) -> None:
        for row in db_builders.open_shards(batch_id)[:1]:
            money.kill(row.id, row.at)

    def halt(self, batch_id: int, _: float) -> None:
        transact(partial(batches.halt, batch_id=batch_id, reason="by hand"))

    def drain(self) -> None:
        """Every shard that is still open ends, and then the batches, so that no later history looks at them."""
        for batch_id in self.batches:
            while db_builders.open_shards(batch_id):
                self.end(batch_id, 1.0)
            self.halt(batch_id, 0.0)


@pytest.fixture(autouse=True)
def _devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "devices", lambda connection: dict.fromkeys(db_builders.QUEUES, ("cpu",)))


@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(operations=OPERATIONS, per_batch=st.floats(2, 30), per_vendor=st.floats(2, 50))
def test_no_history_spends_more_than_its_budgets_and_its_overruns_and_nothing_stays_reserved(
    operations: list[tuple[str, int, float]], per_batch: float, per_vendor: float
) -> None:
    history = History(per_batch, per_vendor)

    def do(operation: tuple[str, int, float]) -> None:
        name, which, seconds = operation
        getattr(history, name)(history.batches[which], seconds)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(do, operations))
    history.drain()
    for batch_id in history.batches:
        for account in money.accounts(batch_id).values():
            assert account.reserved == 0
            assert account.spent <= account.ceiling + money.overruns(*history.batches) + ROUNDING
