"""The folder of tiles that the desk keeps: one folder for each image, removed with the records of the image."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from records.database import Database

FOLDER: Final = "desk-tiles"
"""Its name below the state folder."""
MAX_CACHE_BYTES: Final = 2 * 1024**3
"""Maximum size of all archives; those that were not opened for longest go first."""
MAX_CACHE_SECONDS: Final = 7 * 24 * 3600
"""Maximum time that an archive is kept without being opened (s)."""


def clean(folder: Path, database: Database) -> int:
    """Remove tiles of images without records, and archives that are old or too many; how many images were removed."""
    folders = {path.name: path for path in _entries(folder)}
    numbers = [int(name) for name in folders if name.isascii() and name.isdecimal()]
    recorded = {
        str(number) for number in database.transact(lambda connection: _recorded(connection, numbers))
    }
    forgotten = [path for name, path in folders.items() if name not in recorded]
    for path in forgotten:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    prune(folder)
    return len(forgotten)


def prune(folder: Path) -> None:
    """Remove archives that were not opened for long, and the oldest where all together are too large."""
    files = []
    for path in (file for of_image in _entries(folder) if of_image.is_dir() for file in _entries(of_image)):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process removed it
            continue
        files.append((status.st_mtime, status.st_size, path))
    total = 0
    for opened_at, size, path in sorted(files, reverse=True):
        total += size
        if total > MAX_CACHE_BYTES or opened_at < time.time() - MAX_CACHE_SECONDS:
            path.unlink(missing_ok=True)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _recorded(connection: sa.Connection, numbers: Sequence[int]) -> Sequence[int]:
    """Those of some images that the records hold."""
    return connection.scalars(sa.text("SELECT id FROM images WHERE id = ANY(:ids)"), {"ids": numbers}).all()
