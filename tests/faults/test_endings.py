"""Hung steps, warm stops, and a breaker that outlives everything."""

from collections import Counter
from pathlib import Path

import pytest

from scheduler.probe import resume
from tests.harness import promises
from tests.harness.context import transact
from tests.harness.line import Line, line, photos, recipe
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]


def test_a_step_that_hangs_is_ended_by_its_limit_and_its_neighbours_are_delivered(
    tmp_path: Path, servers: Servers
) -> None:
    with line(tmp_path, servers, SLUICE_STEP_SECONDS="1.5") as sluice:
        rules = recipe(tmp_path / "hanging.toml", shard=4, hang="photo0002")
        batch = sluice.submit(photos(tmp_path / "upload", 4), rules)
        sluice.start(workers=2)
        done = sluice.wait(batch)
        assert promises.counts(done) == {"delivered": 3, "failed": 1}
        (failed,) = [row for row in sluice.rows(batch) if row.state == "failed"]
        assert (failed.name, failed.reason) == ("photo0002.jpg", "worker_lost")


def test_a_warm_stop_loses_nothing_and_nothing_is_done_twice(sluice: Line, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=4, seconds=0.05, trace=str(trace))
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", 40), rules)
    sluice.until(lambda: trace.exists() and len(trace.read_text().splitlines()) > 6, "work is under way")
    for process in sluice.named("test"):
        process.send(15)  # type: ignore[arg-type]
    sluice.until(lambda: not sluice.named("test"), "the workers have stopped")
    sluice.start(workers=1, schedulers=0)
    assert promises.counts(sluice.wait(batch)) == {"delivered": 40}
    worked_on = Counter(trace.read_text().split())
    assert set(worked_on.values()) == {1}


def test_a_tripped_breaker_outlives_a_restart_of_everything(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    switch, trace = tmp_path / "switch", tmp_path / "trace"
    switch.touch()
    rules = recipe(
        tmp_path / "ruined.toml",
        min_judged=8,
        probe=4,
        shard=4,
        ruin=1.0,
        switch=str(switch),
        trace=str(trace),
    )
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", 60), rules)
    halted = sluice.wait(batch, "halted")
    worked_on = len(trace.read_text().splitlines())
    sluice.stop()
    servers.broker().flushall()
    if servers.postgres is not None:
        servers.postgres.restart()
    sluice.start(workers=2)
    other = sluice.wait(
        sluice.submit(photos(tmp_path / "other", 4, start=90), recipe(tmp_path / "good.toml"))
    )
    assert promises.counts(other) == {"delivered": 4}  # so the line did run meanwhile
    assert sluice.report(batch)["by_state"] == halted["by_state"]
    assert len(trace.read_text().splitlines()) == worked_on

    switch.unlink()
    transact(lambda connection: resume(connection, batch))
    done = sluice.wait(batch)
    assert done["by_state"]["delivered"] + done["by_state"]["flagged"] == 60
    assert promises.unjudged(batch) == []
