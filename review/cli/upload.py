"""Putting a local folder or zip into the ingest bucket, with a progress bar."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from line.errors import InputError
from line.names import safe_path
from line.recipe import Recipe
from line.settings import settings
from records import batches, recipes
from records.database import transact
from records.storage.bucket import Bucket, bucket
from review.cli.console import err
from scheduler.intake import INGEST, MARKER, Upload, take
from tasks.recipes import load


def place(upload: Path, vendor: str, recipe_name: str, *, out: str | None) -> int:
    """Copy an upload into the bucket, mark it complete, and answer its batch.

    A batch of the same files, recipe and target that is not finished yet is gone on with; with
    ``out`` given, a finished one is made again.

    Raises:
        InputError: the folder is empty, the file is no zip, or the recipe cannot be followed.
    """
    recipe = load(recipe_name)
    files = sorted(_files(upload)) if upload.is_dir() else [upload]
    if not files:
        raise InputError(f"{upload}: there is no file in it")
    if upload.is_file() and upload.suffix.lower() != ".zip":
        raise InputError(f"{upload}: an upload is a folder or a .zip archive")
    folder = f"{INGEST}/{_plain(vendor)}/{_plain(upload.stem)}-{_digest(upload, files, recipe, out)}"
    store = bucket(settings().bucket)
    for number in range(1, 10_000):
        prefix = folder + (f"-{number}" if number > 1 else "") + (".zip" if upload.is_file() else "")
        batch_id = transact(partial(batches.of_prefix, prefix=prefix))
        if batch_id is None:
            return _send(store, upload, files, prefix, recipe, out)
        if out is None or transact(partial(batches.is_open, batch_id=batch_id)):
            return batch_id
    raise InputError(f"{upload}: submitted too often; remove older ones below {INGEST}/ in the bucket")


def _send(
    store: Bucket, upload: Path, files: list[Path], prefix: str, recipe: Recipe, out: str | None
) -> int:
    transact(lambda connection: recipes.save(connection, recipe))
    found = Upload(
        prefix, f"{prefix}.{MARKER}" if upload.is_file() else f"{prefix}/{MARKER}", upload.is_file()
    )
    columns = (TextColumn("[progress.description]{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("copying", total=sum(file.stat().st_size for file in files))
        taken: set[str] = set()
        for file in files:
            store.put_file(prefix if upload.is_file() else f"{prefix}/{_key(upload, file, taken)}", file)
            progress.advance(bar, file.stat().st_size)
    wishes = {"recipe": recipe.digest} | ({"out": out} if out else {})
    store.put(found.marker, json.dumps(wishes).encode())
    batch_id = take(store, found) or transact(lambda connection: batches.of_prefix(connection, prefix))
    if batch_id is None:
        raise InputError(f"{upload}: it was placed as {prefix} but not recorded")
    return batch_id


def _files(folder: Path) -> Iterator[Path]:
    for base, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(base, name)).is_file())


def _key(folder: Path, file: Path, taken: set[str]) -> str:
    """The path inside the upload; one that no bucket takes (control characters) is made safe.

    Another file may be called like that already, so ``taken`` remembers what was made safe.
    """
    name = file.relative_to(folder).as_posix()
    if name.isprintable():
        return name
    path, number = PurePosixPath(safe_path(name)), 1
    key = str(path)
    while key in taken or (folder / key).exists():
        number += 1
        key = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
    taken.add(key)
    return key


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or "upload"


def _digest(upload: Path, files: list[Path], recipe: Recipe, out: str | None) -> str:
    digest = hashlib.sha256(f"{recipe.digest}\n{out}\n".encode())
    for file in files:
        stat = file.stat()
        name = os.fsencode(file.relative_to(upload) if upload.is_dir() else file.name)
        digest.update(name + f"\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:8]
