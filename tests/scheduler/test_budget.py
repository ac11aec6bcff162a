"""Budgets: shards are cut until they fit, an empty account halts the batch, and an unknown price spends nothing."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from line.recipe import Recipe
from records import batches, workers
from records.budget import ledger
from records.shards import NewShard, Route
from scheduler import probe
from scheduler.budget import Spending, TopologyFile
from scheduler.plan import Window, _offers, _record, plan
from tasks.recipes import check
from tests.harness import db_builders
from tests.harness.context import models, registry, settings, transact
from tests.harness.scenes import money

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _alone(records: object) -> None:
    """No other batch has work, and no account is open."""
    db_builders.end_all_work()
    db_builders.execute("DELETE FROM budgets")
    db_builders.execute("DELETE FROM steps")


def recipe(shard: int = 4) -> Recipe:
    text = 'name = "planned"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in db_builders.STEPS)
    return check(
        f"{text}[dispatch]\nshard_images = {shard}\nwindow = 8\n", "planned.toml", registry(), models()
    )


def go(spending: Spending) -> list[int]:
    """One round of the planner, with one live worker on each queue."""
    db_builders.hire(admit=1, erase_text=1, deliver=1)
    transact(spending.open_accounts)
    return transact(lambda connection: plan(connection, registry(), spending))


def shard(batch: int) -> NewShard:
    route = Route((0, 1, 2), db_builders.STEPS, db_builders.QUEUES)
    return NewShard(batch, recipe().digest, route, (db_builders.rows(batch)[0].id,), 0.1)


def run_all(spending: Spending, seconds: float = 1.0) -> None:
    """Plan and work until nothing is published any more."""
    while shards := go(spending):
        for shard in shards:
            money.end(shard, seconds)


def test_without_a_budget_nothing_is_reserved() -> None:
    batch = db_builders.batch(8, recipe())
    shards = go(money.spending())
    assert sum(money.reserved(shard) for shard in shards) == 0
    assert money.accounts(batch) == {}


def test_shards_reserve_what_their_steps_cost() -> None:
    batch = db_builders.batch(8, recipe())
    shards = go(money.spending(per_batch=100))
    assert [money.reserved(shard) for shard in shards] == [12, 12]
    assert money.numbers(money.accounts(batch)["batch"]) == [(0, 24, 76)]


def test_the_last_of_a_budget_is_used_by_smaller_shards() -> None:
    batch = db_builders.batch(8, recipe())
    shards = go(money.spending(per_batch=16))
    assert [row.images for row in db_builders.open_shards(batch)] == [4, 1]
    assert sum(money.reserved(shard) for shard in shards) == 15


def test_a_batch_waits_for_what_is_reserved_and_halts_once_it_is_spent() -> None:
    batch = db_builders.batch(12, recipe())
    spending = money.spending(per_batch=12)
    (shard,) = go(spending)
    assert go(spending) == []
    assert db_builders.head(batch).state == "running"
    money.end(shard)
    assert go(spending) == []
    head = db_builders.head(batch)
    assert head.state == "halted"
    assert head.halt_reason.startswith(
        f"budget: 12.0000 of the 12.0000 of the budget of batch {batch} is spent"
    )
    assert f"sluice resume {batch} --budget AMOUNT" in head.halt_reason


def test_steps_that_cost_less_than_estimated_let_more_images_through() -> None:
    batch = db_builders.batch(40, recipe())
    run_all(money.spending(per_batch=30), seconds=0.5)
    account = money.accounts(batch)["batch"]
    assert account.spent > Decimal("0.9") * account.ceiling
    assert db_builders.states(batch)["delivered"] == 19
    assert db_builders.head(batch).state == "halted"


def test_a_halted_batch_goes_on_with_a_larger_budget() -> None:
    batch = db_builders.batch(8, recipe())
    spending = money.spending(per_batch=12)
    run_all(spending)
    assert db_builders.head(batch).state == "halted"

    transact(lambda connection: ledger.set_by_hand(connection, batch, 100, "person:ada"))
    transact(lambda connection: probe.resume(connection, batch))
    run_all(spending)
    transact(probe.conclude)
    run_all(spending)
    assert db_builders.states(batch) == {"delivered": 8}
    assert float(money.accounts(batch)["batch"].spent) == 24


def test_an_unknown_price_spends_nothing() -> None:
    batch = db_builders.batch(8, recipe())
    assert go(money.spending(price=None, per_batch=100)) == []
    head = db_builders.head(batch)
    assert head.state == "halted"
    assert "no price of cpu is known" in head.halt_reason


def test_without_a_live_worker_no_price_is_known_and_nothing_is_reserved() -> None:
    batch = db_builders.batch(4, recipe())
    spending = money.spending(per_batch=100)
    go(spending)
    db_builders.execute("DELETE FROM workers")
    affordable = transact(
        lambda connection: spending.fit(connection, batches.lock(connection, batch), [shard(batch)])
    )
    assert affordable.shards == ()
    assert affordable.refusal == ""


def test_a_price_of_zero_is_a_known_price() -> None:
    batch = db_builders.batch(8, recipe())
    assert len(go(money.spending(price=0.0, per_batch=1))) == 2
    assert db_builders.head(batch).state == "running"


def test_a_step_that_was_never_measured_reserves_its_time_limit() -> None:
    db_builders.batch(8, recipe())
    shards = go(money.spending(pace=None, step_seconds=2, per_batch=100))
    assert [money.reserved(shard) for shard in shards] == [6, 6]


def test_a_worst_case_larger_than_the_budget_lets_one_image_through_to_be_measured() -> None:
    batch = db_builders.batch(40, recipe())
    spending = money.spending(pace=None, step_seconds=900, per_batch=50)
    (trial,) = go(spending)
    assert [row.images for row in db_builders.open_shards(batch)] == [1]
    assert 49 < money.reserved(trial) <= 50
    assert go(spending) == []
    assert db_builders.head(batch).state == "running"
    money.end(trial, 0.5)
    assert len(go(spending)) == 1


def test_a_month_s_budget_is_shared_by_all_batches() -> None:
    first, second = db_builders.batch(4, recipe()), db_builders.batch(4, recipe())
    go(money.spending(per_month=18.5))
    images = [row.images for batch in (first, second) for row in db_builders.open_shards(batch)]
    assert sum(images) == 6
    assert money.accounts(first)["month"] == money.accounts(second)["month"]


def test_64_claimers_at_once_never_reserve_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [db_builders.batch(1, recipe()) for _ in range(64)]
    spending = money.spending(per_month=60.5)
    engine = sa.create_engine(settings().database(), poolclass=sa.NullPool)

    transact(spending.open_accounts)
    devices = dict.fromkeys(db_builders.QUEUES, ("cpu",))
    monkeypatch.setattr(workers, "devices", lambda connection: devices)  # a slow machine: no beat grows stale

    def claim(batch_id: int) -> int:
        with engine.begin() as connection:
            batch = batches.lock(connection, batch_id)
            window = Window([frozenset(db_builders.QUEUES)] * 64)
            return len(
                _record(connection, batch, list(_offers(connection, batch, window, registry(), {})), spending)
            )

    with ThreadPoolExecutor(64) as threads:
        claimed = sum(threads.map(claim, ids))
    account = money.accounts(ids[0])["month"]
    assert claimed == 20
    assert account.reserved == 60
    assert account.spent + account.reserved <= account.ceiling


def test_the_topology_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "sluice.toml"
    path.write_text("[costs]\ncpu = 1\n")
    topology = TopologyFile(path)
    assert topology().budget.per_batch is None
    path.write_text("[costs]\ncpu = 1\n[budget]\nper_batch = 12\n[vendors.acme]\nbudget_per_month = 5\n")
    assert Spending(topology, 900).ceilings("acme") == {"batch": 12, "vendor": 5}
    assert Spending(topology, 900).ceilings("other") == {"batch": 12}
