"""CPU seconds of the processes of a whole line on some photos: for ``bench/line.py --line``."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

KINDS = (
    ("postgres", "postgres"),
    ("redis-server", "redis"),
    ("-m scheduler", "scheduler"),
    ("photo_server", "decoder"),
    ("celery", "worker"),
    ("", "command"),
)
"""What a command line holds, and what that process is; the first that fits counts."""


def measure_processes(files: list[Path], recipe: str) -> dict[str, float]:
    """CPU seconds a photo by kind of process for one ``sluice run``, and its wall seconds, start included.

    Processes are read twice a second; what one does in its last half second is lost.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-line-") as name:
        folder = Path(name)
        upload = folder / "upload"
        upload.mkdir()
        for number, file in enumerate(files):
            shutil.copyfile(file, upload / f"{number:04}-{file.name}")
        command = [
            str(Path(sys.executable).with_name("sluice")),
            "run",
            str(upload),
            "--out",
            str(folder / "out"),
        ]
        env = {**os.environ, "SLUICE_HOME": str(folder / "home")}
        started = time.monotonic()
        process = psutil.Popen([*command, "--recipe", recipe], env=env, stdout=subprocess.DEVNULL)
        seconds: dict[int, tuple[str, float]] = {}
        first = 0.0
        while process.poll() is None:
            seconds |= read(process)
            if not first and any((folder / "out").rglob("*.jpg")):
                first = time.monotonic() - started
            time.sleep(0.5)
        total: dict[str, float] = defaultdict(float)
        for kind, spent in seconds.values():
            total[kind] += spent
    wall = time.monotonic() - started
    per_photo = {kind: spent / len(files) for kind, spent in total.items()}
    return per_photo | {"wall": wall / len(files), "first picture": first}


def read(command: psutil.Process) -> dict[int, tuple[str, float]]:
    """Kind and CPU seconds so far of a command's process and all below it."""
    running = {}
    for process in (command, *command.children(recursive=True)):
        try:
            line, times = " ".join(process.cmdline()), process.cpu_times()
            kind = next(kind for part, kind in KINDS if part in line)
            parent = process.parent()
            is_child = kind == "worker" and parent is not None and "celery" in " ".join(parent.cmdline())
            running[process.pid] = ("worker child" if is_child else kind, times.user + times.system)
        except psutil.Error:
            continue
    return running
