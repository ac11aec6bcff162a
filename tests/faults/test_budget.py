"""A batch under a budget whose workers are killed: nothing stays reserved, and no more is spent than there is."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from records.budget import ledger
from scheduler.probe import resume
from tests.harness.context import transact
from tests.harness.line import Line, photos, recipe
from tests.harness.scenes import money

pytestmark = [pytest.mark.services, pytest.mark.faults]

ROUNDING = Decimal("1e-6")
"""Every amount is rounded up to a billionth."""


def test_killed_workers_leak_no_reservation_and_a_larger_budget_ends_the_batch(
    sluice: Line, tmp_path: Path
) -> None:
    config = tmp_path / "sluice.toml"
    config.write_text("[costs]\ncpu = 3600\n[budget]\nper_batch = 8\nper_month = 1000\n")
    env = {"SLUICE_CONFIG": str(config)}
    sluice.start(workers=2, env=env)
    batch = sluice.submit(
        photos(tmp_path / "upload", 60), recipe(tmp_path / "slow.toml", shard=4, seconds=0.2)
    )

    def spent() -> Decimal:
        return money.accounts(batch)["batch"].spent if "batch" in money.accounts(batch) else Decimal(0)

    for amount in (1, 3):
        sluice.until(lambda amount=amount: spent() > amount, f"more than {amount} is spent")  # type: ignore[misc]
        sluice.kill("test-")
        sluice.start(workers=2, schedulers=0, env=env)

    halted = sluice.wait(batch, "halted")
    assert halted["halt_reason"].startswith("budget: ")
    assert halted["by_state"]["held"] > 0
    for account in money.accounts(batch).values():
        assert account.reserved == 0
        assert account.spent <= account.ceiling + money.overruns(batch) + ROUNDING
    assert spent() > Decimal("0.7") * 8

    transact(partial(ledger.set_by_hand, batch_id=batch, ceiling=500, person="person:ada"))
    transact(lambda connection: resume(connection, batch))
    done = sluice.wait(batch, "done")
    assert done["by_state"]["delivered"] == 60
    assert {account.reserved for account in money.accounts(batch).values()} == {0}
