"""Archives of tiles: a stored zip for each picture, which the desk reads without loading any pixels."""

import asyncio
import json
import os
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from review.desk.viewer.sources import Source

DESCRIPTION = "description.json"


@dataclass(frozen=True, slots=True)
class TileDescription:
    """What a browser needs to know of a picture.

    Attributes:
        width, height: of the picture (pixels).
        tile: side of a tile (pixels).
        levels: number of scales; level 0 fits into one tile, each following is twice as large, the last full size.
    """

    width: int
    height: int
    tile: int
    levels: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class TileArchives:
    """The archives in a folder, each cut when it is first needed.

    Args:
        cut: writes the archive of a picture to a path.
    """

    def __init__(self, folder: Path, cut: Callable[[Source, Path], Awaitable[None]]) -> None:
        self._folder, self._cut = folder, cut
        self._cutting: dict[Path, asyncio.Task[None]] = {}

    async def archive(self, image: int, source: Source) -> Path:
        """The archive of a picture of an image; several requests for one that is missing wait for one cutting."""
        path = self._folder / str(image) / f"{source.name}.zip"
        try:
            os.utime(path)  # what was opened lately is removed last
        except FileNotFoundError:
            task = self._cutting.get(path)
            if task is None:
                task = asyncio.get_running_loop().create_task(self._cut_once(source, path))
                self._cutting[path] = task
            await asyncio.shield(task)
        return path

    async def _cut_once(self, source: Source, path: Path) -> None:
        try:
            await self._cut(source, path)
        finally:
            del self._cutting[path]


def description(path: Path) -> TileDescription:
    """What an archive says of its picture."""
    with zipfile.ZipFile(path) as archive:
        return TileDescription(**json.loads(archive.read(DESCRIPTION)))


def tile(path: Path, level: int, column: int, row: int) -> tuple[bytes, str] | None:
    """One tile with its media type; None where the picture has no such tile."""
    with zipfile.ZipFile(path) as archive:
        try:
            data = archive.read(tile_entry(level, column, row))
        except KeyError:
            return None
    return data, "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"


def tile_entry(level: int, column: int, row: int) -> str:
    """Name of a tile in its archive."""
    return f"{level}/{column}-{row}"
