"""Temporary folders inside the state folder: nothing is written anywhere else."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from records.process_identity import is_known_dead, process_identity


@contextmanager
def scratch(home: Path) -> Iterator[str]:
    """A folder in the state folder ``home`` that is removed afterwards.

    Its name holds the identity of this process: the state folder may be shared by several containers, where
    the same process number means another process.
    """
    room = home / "scratch"
    room.mkdir(parents=True, exist_ok=True)
    _clear(room)
    with tempfile.TemporaryDirectory(prefix=process_identity().replace("/", "_") + "-", dir=room) as folder:
        yield folder


def _clear(room: Path) -> None:
    """Remove what processes left behind that have certainly ended."""
    for folder in room.iterdir():
        identity = folder.name.rpartition("-")[0].replace("_", "/")
        if is_known_dead(identity):
            shutil.rmtree(folder, ignore_errors=True)
