"""Room for passing files on, inside the state folder: nothing is written anywhere else."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from line.settings import settings


@contextmanager
def scratch() -> Iterator[str]:
    """A folder that is gone afterwards."""
    room = settings().home_folder / "scratch"
    room.mkdir(parents=True, exist_ok=True)
    _clear(room)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=room) as folder:
        yield folder


def _clear(room: Path) -> None:
    """Remove what processes that were killed left behind."""
    for folder in room.iterdir():
        pid = folder.name.partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
