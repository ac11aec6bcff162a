"""Ctrl-C at any moment of a run: no traceback, no process left, and the next run goes on."""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.harness import promises, waiting
from tests.harness.command import living, run, spawn
from tests.harness.line import PLUGINS, photos, recipe

pytestmark = [pytest.mark.services, pytest.mark.faults, pytest.mark.timeout(2400)]

IMAGES = 12


@dataclass(frozen=True)
class Place:
    """Where a run keeps what it does."""

    home: Path
    out: Path
    trace: Path

    def is_stopping(self) -> bool:
        """Whether the stack says no more that it is up."""
        return self.trace.exists() and not (self.home / "stack.json").exists()


MOMENTS: dict[str, Callable[[Place], bool]] = {
    "modules are imported": lambda place: True,
    "the records are set up": lambda place: (place.home / "postgres" / "data.new").exists(),
    "Postgres starts": lambda place: (place.home / "postgres" / "data" / "postmaster.pid").exists(),
    "Redis starts": lambda place: (place.home / "redis" / "port").exists(),
    "the programs start": lambda place: (place.home / "logs" / "scheduler.log").exists(),
    "the stack is up": lambda place: (place.home / "stack.json").exists(),
    "photos are worked on": lambda place: place.trace.exists(),
    "the manifest is written": lambda place: (place.out / "manifest.jsonl").exists(),
}
"""Moments in the order in which a run comes to them; a later run passes the earlier ones quickly."""


def test_ctrl_c_at_any_moment_leaves_no_traceback_and_no_process(tmp_path: Path) -> None:
    place = Place(tmp_path / "home", tmp_path / "out", tmp_path / "trace")
    rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.1, trace=str(place.trace))
    words = ("run", photos(tmp_path / "upload", IMAGES), "--out", place.out, "--recipe", rules, "--json")
    env = {"SLUICE_HOME": str(place.home), "SLUICE_PLUGINS": "sabotage", "PYTHONPATH": str(PLUGINS)}
    for moment, has_come in MOMENTS.items():
        for path in (place.home / "logs", place.home / "redis" / "port", place.trace):
            _remove(path)
        _interrupt(words, env, place, moment, [has_come])
    _remove(place.trace)
    _interrupt(words, env, place, "twice", [MOMENTS["the stack is up"], Place.is_stopping])
    last = run(*words, env=env)
    assert last.code == 0, last.err
    assert promises.counts(json.loads(last.out)) == {"delivered": IMAGES}
    assert living(place.home) == []


def _interrupt(
    words: tuple[object, ...],
    env: dict[str, str],
    place: Place,
    moment: str,
    signs: list[Callable[[Place], bool]],
) -> None:
    """Start the command, send an interrupt at each sign, and look at what it leaves."""
    command = spawn(*words, env=env)
    for sign in signs:
        waiting.until(
            lambda sign=sign: sign(place) or command.poll() is not None,  # type: ignore[misc]
            moment,
            progress=lambda: (waiting.log_bytes(place.home), psutil.Process(command.pid).cpu_times()),
        )
        command.send_signal(signal.SIGINT)
    out, error = command.communicate()
    assert "Traceback" not in error, f"{moment}: {error}"
    assert "Exception ignored" not in error, f"{moment}: {error}"
    assert command.returncode in (0, 130, -signal.SIGINT), f"{moment}: {command.returncode} {error}"
    assert out == "" or command.returncode == 0
    waiting.until(lambda: not living(place.home), f"all are gone: {moment}: {living(place.home)}")


def _remove(path: Path) -> None:
    if path.is_dir():
        for file in path.iterdir():
            file.unlink()
    else:
        path.unlink(missing_ok=True)
