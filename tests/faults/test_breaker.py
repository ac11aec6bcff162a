"""P4: after a trip at most the published window is processed; a probe decides what follows."""

from pathlib import Path

import pytest

from scheduler.probe import resume
from tests.harness.context import transact
from tests.harness.line import Line, photos, recipe

pytestmark = [pytest.mark.services, pytest.mark.faults]

WORKERS, WINDOW, SHARD, MIN_JUDGED = 2, 2, 4, 40


def test_a_sabotaged_batch_halts_probes_and_finishes_once_the_sabotage_is_gone(
    sluice: Line, tmp_path: Path
) -> None:
    switch, trace = tmp_path / "switch", tmp_path / "trace"
    switch.touch()
    rules = recipe(
        tmp_path / "sabotaged.toml",
        min_judged=MIN_JUDGED, shard=SHARD, window=WINDOW, ruin=0.4, switch=str(switch), trace=str(trace),
    )  # fmt: skip
    upload = photos(tmp_path / "upload", 200)
    sluice.start(workers=WORKERS)
    batch = sluice.submit(upload, rules)

    halted = sluice.wait(batch, "halted")
    worked_on = len(trace.read_text().splitlines())
    window = WORKERS * WINDOW * SHARD
    assert halted["by_state"]["held"] >= 200 - MIN_JUDGED - window - SHARD
    assert worked_on <= MIN_JUDGED + SHARD + window
    assert "threshold 15%" in halted["halt_reason"]

    transact(lambda connection: resume(connection, batch))
    probed = sluice.wait(batch, "halted")
    assert "probe" in probed["halt_reason"]
    assert len(trace.read_text().splitlines()) == worked_on + 10

    switch.unlink()
    transact(lambda connection: resume(connection, batch))
    done = sluice.wait(batch, "done")
    assert done["by_state"]["delivered"] + done["by_state"]["flagged"] == 200
    assert done["by_state"]["held"] == 0
    assert set(sluice.delivered(batch)) == {
        row.file for row in sluice.rows(batch) if row.state == "delivered"
    }


def test_policy_flags_do_not_trip_the_breaker(sluice: Line, tmp_path: Path) -> None:
    rules = tmp_path / "thumbnails.toml"
    rules.write_text(
        """
name = "thumbnails"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
target = 1000
floor = 320
[[steps]]
transform = "deliver"
[breaker]
min_judged = 5
"""
    )
    sluice.start(workers=1)
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 20), rules))
    assert done["by_state"]["flagged"] == 20
    assert done["artifact_rate"] == 0.0
