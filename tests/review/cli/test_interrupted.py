"""A run that is interrupted or killed leaves no process behind, and the next one goes on from there."""

import json
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.harness import promises, waiting
from tests.harness.command import living, run, spawn
from tests.harness.line import PLUGINS, photos
from tests.harness.line import recipe as rules

pytestmark = pytest.mark.faults

IMAGES = 40


def test_a_run_goes_on_after_ctrl_c_and_after_kill_9(tmp_path: Path) -> None:
    home, out, trace = tmp_path / "home", tmp_path / "out", tmp_path / "trace"
    config = tmp_path / "sluice.toml"
    config.write_text('[workers.all]\nqueues = ["admit", "erase_text", "deliver"]\nprocesses = 2\n')
    upload = photos(tmp_path / "upload", IMAGES)
    recipe = rules(tmp_path / "slow.toml", shard=4, seconds=0.2, trace=str(trace))
    env = {
        "SLUICE_HOME": str(home),
        "SLUICE_CONFIG": str(config),
        "SLUICE_PLUGINS": '["sabotage"]',
        "PYTHONPATH": str(PLUGINS),
    }
    words = ("run", upload, "--out", out, "--recipe", recipe, "--json")

    def worked_on() -> int:
        return len(trace.read_text().splitlines()) if trace.exists() else 0

    def until(condition: Callable[[], bool], what: str) -> None:
        waiting.until(condition, what, progress=lambda: (worked_on(), waiting.log_bytes(home)))

    interrupted = spawn(*words, env=env)
    until(lambda: worked_on() > 4, "work is under way")
    interrupted.send_signal(signal.SIGINT)
    output, error = interrupted.communicate()
    assert (interrupted.returncode, output) == (130, "")
    assert "the next run continues the work" in error
    assert living(home) == []

    before = worked_on()
    killed = spawn(*words, env=env)
    until(lambda: worked_on() > before + 4, "the second run is under way")
    started = {int(process.split()[0]) for process in living(home)} - {killed.pid}
    assert len(started) > 4
    killed.kill()
    killed.communicate()
    until(lambda: not living(home), f"all are gone: {living(home)}")
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in started)

    last = run(*words, env=env)
    assert last.code == 0, last.err
    report = json.loads(last.out)
    assert promises.counts(report) == {"delivered": IMAGES}
    assert report["batch"] == 1
    assert living(home) == []
    lines = promises.manifest(out)
    assert len(lines) == IMAGES == len(promises.files(out))
    for line in lines.values():
        passed = Counter(step["step"] for step in line["steps"] if step["verdict"] == "pass")
        assert passed == {"admit": 1, "sabotage": 1, "deliver": 1}
    assert worked_on() < 2 * IMAGES
