"""The ``celery``, ``make`` and ``python`` commands that the README, the docs and docstrings show are carried out too.

Each runs as it is written there, in a folder that holds what it names; words are only added where it would otherwise
take hours. What is only parsed (``test_shown_commands.py``) is listed with the reason.
"""

import os
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from records import workers
from tests.harness import waiting
from tests.harness.context import bucket, transact
from tests.harness.db_builders import execute
from tests.harness.line import Line, line, photos
from tests.harness.project.shown import ROOT, Shown, shown
from tests.harness.services import Servers
from tests.models.networks import need_torch

pytestmark = pytest.mark.slow

SHARED = ROOT.parent / "shared"
DETECTOR = "PP-OCRv6_tiny_det.onnx"
NETWORK = "overlay_network.onnx"
MIN_SAMPLES = 500
"""Files from which both trainers begin."""

ONLY_PARSED = {
    "make test": "runs this test",
    "python -m training.gates.train": "writes the shipped gate, after an hour",
    "python -m training.make_samples": "writes the shipped samples; tests/samples reads them",
    "python -m training.overlay.evaluate": "measures 200 photos or more; tests/training/overlay has two",
    "python -m training.overlay.hard_negatives": "looks at each photo of the training part, for half an hour",
    "python -m training.overlay.web.sheets": "draws thousands of sprites; tests/training/overlay has one of each kind",
    "python -m bench.": "takes minutes to hours; .ci/run runs the quick form of each (make bench-quick)",
    "python -m bench": "likewise",
}
"""Beginnings of commands that are not carried out, and why. A longer beginning below goes first."""

ENDLESS = {"python -m training.eraser.pairs": "*.npy", "python -m training.overlay.pool": "*.npz"}
"""Commands that fill a folder for as long as they live, and what they write."""
SHORTENED = {
    "python -m bench --list": [],
    "python -m bench.rollout --quick": ["--rollouts", "8"],
    "python -m training.eraser.train": ["--minutes", "0.0001", "--batch", "1"],
    "python -m training.eraser.export": [],
    "python -m training.eraser.evaluate": ["--count", "1"],
    "python -m training.overlay.train": ["--minutes", "0.0001", "--batch", "1", "--side", "64"],
    "python -m training.overlay.export": [],
    "python -m training.overlay.calibrate": [],
}
"""Commands that end, and the words that are added so that they end soon."""
SERVED = (".venv/bin/celery -A worker worker", ".venv/bin/python -m scheduler", "make run")
"""Commands that need a line."""
LISTED = (*ONLY_PARSED, *ENDLESS, *SHORTENED, *SERVED)

SHOWN = [command for command in dict.fromkeys(shown()) if command.program != "sluice"]


def beginning_of(command: Shown) -> str:
    """The longest listed beginning of a command; "" without any."""
    text = " ".join(command.words)
    return max((one for one in LISTED if text.startswith(one)), key=len, default="")


def commands(beginning: str) -> list[Shown]:
    return [command for command in SHOWN if beginning_of(command) == beginning]


def test_every_shown_command_is_carried_out_or_listed_with_a_reason() -> None:
    assert [str(command) for command in SHOWN if not beginning_of(command)] == []
    assert [beginning for beginning in LISTED if not commands(beginning)] == []


def fill(command: Shown) -> None:
    """Run a command that never ends until it has written a sample, and multiply that one."""
    folder, pattern = Path(command.words[3]), ENDLESS[beginning_of(command)]
    words = [sys.executable, *command.words[1:]]
    with subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        try:
            waiting.until(lambda: any(folder.glob(pattern)) or process.poll(), "a sample is written")
        finally:
            process.kill()
    first = min(folder.glob(pattern))
    for number in range(MIN_SAMPLES + 1):
        copy = folder / f"{number:05}{first.suffix}"
        if not copy.exists():
            copy.hardlink_to(first)


def carry_out(command: Shown) -> None:
    """Run a module as ``python -m`` does, but in this process: importing torch takes longer than most commands."""
    name = command.words[2]
    for module in (name, f"{name}.__main__"):
        sys.modules.pop(module, None)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter
        patch.setattr(sys, "argv", [name, *command.words[3:], *SHORTENED[beginning_of(command)]])
        runpy.run_module(name, run_name="__main__")


@pytest.mark.parametrize(
    "command", [*commands("python -m bench --list"), *commands("python -m bench.rollout --quick")], ids=str
)
def test_a_benchmark_is_carried_out_as_shown(
    command: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    carry_out(command)
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("chain", "outputs"),
    [
        (
            ("eraser.pairs", "eraser.train", "eraser.export", "eraser.evaluate"),
            ["CHECKPOINT", "overlay_eraser.onnx"],
        ),
        (("overlay.pool", "overlay.train", "overlay.export"), ["CHECKPOINT", "overlay.onnx"]),
        (("overlay.calibrate",), ["FILE"]),
    ],
    ids=["eraser", "overlay", "calibration"],
)
def test_training_is_carried_out_as_shown(
    chain: Iterable[str], outputs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (SHARED / "data" / "train").is_dir():
        pytest.skip("the photos of training are not here")
    need_torch()
    # the number would outlive this test, and provenance records it
    monkeypatch.setattr("torch.set_num_threads", lambda count: None)
    monkeypatch.chdir(tmp_path)
    Path(DETECTOR).symlink_to(SHARED / "weights" / DETECTOR)
    Path(NETWORK).symlink_to(ROOT / "models" / "weights" / NETWORK)
    for module in chain:
        for command in commands(f"python -m training.{module}"):
            (fill if beginning_of(command) in ENDLESS else carry_out)(command)
    assert all(Path(name).stat().st_size for name in outputs)


@contextmanager
def running(command: Shown, under_test: Line) -> Iterator["subprocess.Popen[bytes]"]:
    """A shown program beside the line, with its log among the line's; its own words are unchanged."""
    name, *words = command.words
    program = [str(Path(sys.executable).with_name(Path(name).name)), *words]
    with (under_test.home / "logs" / "shown.log").open("wb") as log:
        process = subprocess.Popen(program, env=os.environ | under_test.env, stdout=log, stderr=log, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait()


@pytest.mark.services
def test_the_programs_of_a_line_are_started_as_shown(tmp_path: Path, servers: Servers) -> None:
    (celery,), (scheduler,) = commands(SERVED[0]), commands(SERVED[1])
    with line(tmp_path, servers) as under_test:
        with running(celery, under_test) as worker:
            under_test.until(lambda: transact(workers.live).get("erase_text"), "the worker has signed on")
        assert worker.returncode == 0
        with running(scheduler, under_test) as planner:
            upload = photos(tmp_path / "photos", 1)
            for path in upload.iterdir():
                bucket(under_test.env["SLUICE_BUCKET_URL"]).put_file(f"ingest/acme/spring/{path.name}", path)
            under_test.until(lambda: execute("SELECT id FROM batches").all(), "the upload is taken")
        assert planner.returncode == 0


@pytest.mark.services
def test_make_run_delivers_the_sample_photos(tmp_path: Path, servers: Servers) -> None:
    make = ["make", "--no-print-directory"]
    if subprocess.run(
        [*make, "--question", "install"], cwd=ROOT, check=False, capture_output=True
    ).returncode:
        pytest.skip("this folder was not installed by make")
    (command,) = commands("make run")
    out = tmp_path / "out"
    with line(tmp_path, servers) as under_test:
        run = subprocess.run(
            [*make, *command.words[1:]],
            cwd=ROOT,
            env=os.environ | under_test.env | {"OUT": str(out)},
            check=False,
        )
    assert run.returncode == 0
    assert any(out.rglob("*.jpg"))
