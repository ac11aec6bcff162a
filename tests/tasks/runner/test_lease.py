"""The thread that keeps a lease alive."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from line.errors import LeaseLostError
from records.queries import reports
from tasks.runner import lease as lease_module
from tasks.runner.lease import Lease
from tests.harness import db_builders
from tests.harness.context import database, transact
from tests.harness.line import Line, line
from tests.harness.services import Servers

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", autouse=True)
def records(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    home: Path = tmp_path_factory.mktemp("lease")
    with line(home, servers) as under_test:
        yield under_test


def until(true, what: str) -> None:  # type: ignore[no-untyped-def]
    pause = threading.Event()
    for _ in range(3000):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError(what)


def expiry(shard: int) -> object:
    return db_builders.execute("SELECT lease_until FROM shards WHERE id = :id", id=shard).scalar()


def test_a_lease_is_renewed_while_the_work_lasts() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    claim = db_builders.claim(shard, lease=0.6)
    first = expiry(shard)
    with Lease(database(), claim, 0.6) as held:
        until(lambda: expiry(shard) != first, "the lease was renewed")
        held.check()
    assert not held.is_lost


def test_how_far_a_step_is_stands_in_the_records_long_before_the_lease_is_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease_module, "PROGRESS_SECONDS", 0.05)
    batch = db_builders.batch(4)
    claim = db_builders.claim(db_builders.shard(batch))

    def advance() -> float:
        return transact(lambda connection: reports.progress(connection, batch)).advance

    assert advance() == 0
    with Lease(database(), claim, 600) as held:
        for done in (1, 3):
            held.images_done = done
            until(lambda done=done: advance() == pytest.approx(done / 3), "the bar moved: 3 steps")
    db_builders.finish(claim)
    assert advance() == pytest.approx(4 / 3)


def test_a_lease_that_another_took_is_noticed() -> None:
    shard = db_builders.shard(db_builders.batch(1))
    claim = db_builders.claim(shard, lease=60)
    with Lease(database(), claim, 0.3) as held:
        db_builders.execute("UPDATE shards SET state = 'done' WHERE id = :id", id=shard)
        until(lambda: held.is_lost, "the loss was noticed")
        with pytest.raises(LeaseLostError, match="taken back"):
            held.check()


def test_nothing_is_left_running_after_the_work() -> None:
    claim = db_builders.claim(db_builders.shard(db_builders.batch(1)))
    with Lease(database(), claim, 60):
        assert "lease" in [thread.name for thread in threading.enumerate()]
    assert "lease" not in [thread.name for thread in threading.enumerate()]
