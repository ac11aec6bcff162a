"""Room for passing files on, inside the state folder: nothing is written anywhere else."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from line.settings import settings


@contextmanager
def scratch() -> Iterator[str]:
    """A folder that is gone afterwards."""
    room = settings().home_folder / "scratch"
    room.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=room) as folder:
        yield folder
