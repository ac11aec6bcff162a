"""Puts a local folder or archive into the ingest bucket, with a progress bar; goes on where it was interrupted."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from imaging.archives.suffixes import ARCHIVE_SUFFIXES
from line.errors import InputError, ServiceError
from line.recipe import Recipe
from records import batches, recipes
from records.storage.bucket import Bucket
from review.cli.console import err
from review.cli.local_files import LocalFiles, content_digest, local_files
from scheduler.intake.listing import INGEST, Upload
from scheduler.intake.take import Intake
from tasks.context import Context

SIGN_OF_LIFE_SECONDS = 10.0
"""Pause between two writes of the marker that says an upload is being copied (s)."""

MAX_NAMED = 3
"""Maximum number of unread files that are named on the terminal."""


def place(context: Context, upload: Path, vendor: str, recipe_name: str, *, out: str | None) -> int:
    """Copy an upload into the bucket, mark it complete, and answer its batch.

    The same content with the same recipe and target is the same upload: what an interrupted copy left is gone
    on with, and a batch of it that is not finished yet is answered as it is. With ``out`` given, a finished
    one is made again.

    Raises:
        InputError: nothing can be taken, or the vendor's name or the recipe cannot be used.
    """
    check_vendor(vendor)
    recipe = context.resolved(context.recipe(recipe_name))
    local = local_files(upload)
    digest = content_digest(local, recipe.digest, str(out))[:12]
    suffix = _archive_suffix(upload)
    folder = f"{INGEST}/{vendor}/{_plain(upload.name.removesuffix(suffix))}-{digest}"
    _tell_unread(local)
    transact = context.database.transact
    for number in range(1, 10_000):
        prefix = folder + (f"-{number}" if number > 1 else "") + suffix.lower()
        batch_id = transact(partial(batches.of_prefix, prefix=prefix))
        if batch_id is None:
            return _send(Intake.of(context), Upload(prefix, bool(suffix)), local, recipe, out)
        if out is None or transact(partial(batches.is_open, batch_id=batch_id)):
            return batch_id
    raise InputError(f"{upload}: submitted too often; remove older ones below {INGEST}/ in the bucket")


def check_vendor(vendor: str) -> None:
    """Refuse a name that could not be a folder of the bucket.

    Raises:
        InputError: it holds other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    if vendor != _plain(vendor):
        raise InputError(
            f"--vendor {vendor}: a vendor's name has letters, digits, '.', '_' and '-' only, and no dot or hyphen "
            f"at its ends, such as {_plain(vendor)}"
        )


def _send(intake: Intake, upload: Upload, local: LocalFiles, recipe: Recipe, out: str | None) -> int:
    store, transact = intake.store, intake.database.transact
    transact(lambda connection: recipes.save(connection, recipe))
    with _signs_of_life(store, upload):
        _copy(store, upload, local)
        wishes = {"recipe": recipe.digest} | ({"out": out} if out else {})
        store.put(
            upload.marker, json.dumps(wishes | ({"unread": local.unread} if local.unread else {})).encode()
        )
    batch_id = intake.take(upload) or transact(partial(batches.of_prefix, prefix=upload.prefix))
    if batch_id is None:
        raise ServiceError(f"{upload.prefix} was copied but not recorded; the scheduler takes it")
    return batch_id


def _copy(store: Bucket, upload: Upload, local: LocalFiles) -> None:
    """Copy what is not there yet: keys hold the digest of the content, so a whole object is the right one."""
    keys = {name: f"{upload.prefix}/{name}" if name else upload.prefix for name in local.files}
    sizes = {item.key: item.size for item in store.walk(upload.prefix)}
    if upload.is_archive and (present := store.find(upload.prefix)):
        sizes[upload.prefix] = present.size
    columns = (TextColumn("[progress.description]{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("copying", total=local.size)
        for name, path in local.files.items():
            size = path.stat().st_size
            if sizes.get(keys[name]) != size:
                store.put_file(keys[name], path)
            progress.advance(bar, size)


@contextmanager
def _signs_of_life(store: Bucket, upload: Upload) -> Iterator[None]:
    """Keep the marker fresh that tells intake to wait; removed at the end, but not where copying fails."""
    over = threading.Event()
    numbers = count(1)

    def sign() -> None:
        store.put(upload.arriving_marker, json.dumps({"sign_of_life": next(numbers)}).encode())

    def keep_signing() -> None:
        while not over.wait(SIGN_OF_LIFE_SECONDS):
            try:
                sign()
            except ServiceError:  # the copy itself fails in a moment, and says so
                continue

    sign()
    thread = threading.Thread(target=keep_signing, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    store.delete(upload.arriving_marker)


def _tell_unread(local: LocalFiles) -> None:
    if local.unread:
        names = list(local.unread)[:MAX_NAMED]
        more = len(local.unread) - len(names)
        listed = ", ".join(names) + (f" and {more:,} more" if more else "")
        sentence = f"{len(local.unread):,} files could not be read: {listed}; the manifest says why"
        err.print(sentence, style="yellow", soft_wrap=True, markup=False)


def _archive_suffix(upload: Path) -> str:
    """The archive's suffix as it is written; empty for a folder."""
    if upload.is_dir():
        return ""
    longest = max((suffix for suffix in ARCHIVE_SUFFIXES if upload.name.lower().endswith(suffix)), key=len)
    return upload.name[-len(longest) :]


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-") or "upload"
