"""Intake: complete uploads in the ingest bucket become batches, each once, however often it is seen.

Layout: ``ingest/VENDOR/UPLOAD/…`` for a folder, ``ingest/VENDOR/UPLOAD.zip`` for an archive. An upload
is complete when a marker lies in it (``_READY`` in the folder, ``UPLOAD.zip._READY`` beside the
archive), or when its listing has not changed for the quiet period. The marker may be empty or
hold JSON: ``{"recipe": "catalog", "out": "file:///…"}``.
"""

import hashlib
import json
import logging
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from line.errors import InputError, RecipeError, ServiceError, SettingsError
from line.names import delivered_name, safe_path
from line.recipe import Recipe
from line.settings import settings
from records import batches, recipes, upload_scan_state
from records.batches import NewBatch, NewImage
from records.database import transact
from records.storage.bucket import Bucket, Listed, bucket
from scheduler.archive import entries
from tasks.recipes import file_of, load
from worker import topology

log = logging.getLogger(__name__)

INGEST = "ingest"
MARKER = "_READY"
DEFAULT_RECIPE = "catalog"
_JUNK = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", MARKER})


@dataclass(frozen=True, slots=True)
class Upload:
    """A folder or archive in the ingest bucket.

    Attributes:
        prefix: its key, such as ``ingest/acme/spring`` or ``ingest/acme/spring.zip``.
        marker: key of its marker.
    """

    prefix: str
    marker: str
    is_archive: bool

    @property
    def vendor(self) -> str:
        return PurePosixPath(self.prefix).parts[1]

    @property
    def name(self) -> str:
        return PurePosixPath(self.prefix).name


def scan() -> list[int]:
    """Look through the ingest bucket once and take every complete upload; answers the new batches."""
    store = bucket(settings().bucket)
    taken = []
    for upload in uploads(store):
        try:
            if (batch_id := consider(store, upload)) is not None:
                taken.append(batch_id)
        except SettingsError as error:  # no fault of the upload: taken once the file is mended
            log.error("%s waits: %s", upload.prefix, error)
        except InputError as error:
            log.error("%s cannot be taken: %s", upload.prefix, error)
            transact(partial(upload_scan_state.complain, prefix=upload.prefix, trouble=str(error)))
        except ServiceError as error:  # tried again at the next scan; other uploads need not wait for it
            log.warning("%s cannot be looked at: %s", upload.prefix, error)
        except Exception as error:  # an upload that breaks our own code must not keep the others waiting
            log.exception("%s cannot be taken", upload.prefix)
            trouble = f"{type(error).__name__}: {error}"
            transact(partial(upload_scan_state.complain, prefix=upload.prefix, trouble=trouble))
    return taken


def uploads(store: Bucket) -> Iterator[Upload]:
    """Every upload there is, complete or not."""
    for vendor in store.folders(INGEST):
        try:
            folders, files = store.folders(vendor), store.files(vendor)
        except ServiceError as error:
            log.warning("%s cannot be looked at: %s", vendor, error)
            continue
        for folder in folders:
            yield Upload(folder, f"{folder}/{MARKER}", is_archive=False)
        for key in files:
            if key.lower().endswith(".zip"):
                yield Upload(key, f"{key}.{MARKER}", is_archive=True)


def consider(store: Bucket, upload: Upload) -> int | None:
    """Take an upload if it is complete and was not taken before."""
    marker = store.tag(upload.marker)
    seen = transact(lambda connection: upload_scan_state.get(connection, upload.prefix))
    if marker is not None and seen is not None and seen.taken == f"marker {marker}":
        return None
    if marker is None and seen is not None and seen.taken == seen.digest and not _is_due(upload.prefix):
        return None
    digest = f"marker {marker}" if marker is not None else listing_digest(_objects(store, upload))
    quiet = transact(lambda connection: upload_scan_state.note(connection, upload.prefix, digest))
    if marker is None and quiet < settings().quiet_seconds:
        return None
    if seen is not None and seen.taken == digest:
        return None
    batch_id = take(store, upload)
    transact(lambda connection: upload_scan_state.took(connection, upload.prefix, digest))
    return batch_id


_looked: dict[str, float] = {}
"""When an upload without a marker that was taken already was last listed, by this process' clock."""

LOOK_AGAIN = 60.0
"""Seconds between two listings of such an upload: it may change, but a listing of thousands costs."""


def _is_due(prefix: str) -> bool:
    now = time.monotonic()
    if now - _looked.get(prefix, -math.inf) < LOOK_AGAIN:
        return False
    _looked[prefix] = now
    return True


def take(store: Bucket, upload: Upload) -> int | None:
    """Record the batch of a complete upload; None where it is recorded already.

    The vendor's attestation is read here, once, and recorded: every worker then goes by the same one.

    Raises:
        InputError: the marker, its recipe or the archive cannot be read.
        SettingsError: ``sluice.toml`` cannot be read.
    """
    wishes = _wishes(store, upload)
    recipe = _recipe(wishes.get("recipe", DEFAULT_RECIPE))
    digest = hashlib.sha256(
        f"{upload.prefix}\n{listing_digest(_objects(store, upload))}\n{recipe.digest}".encode()
    ).hexdigest()
    if transact(lambda connection: batches.find(connection, digest)) is not None:
        return None
    out = wishes.get("out") or f"{store.url.rstrip('/')}/delivered/{upload.vendor}/{upload.name}-{digest[:8]}"
    rights = topology.load(settings().config).rights_of(upload.vendor)
    new = NewBatch(upload.vendor, upload.name, upload.prefix, digest, recipe.digest, out, rights)
    files = _from_archive(store, upload, recipe) if upload.is_archive else _from_folder(store, upload, recipe)

    def record(connection: upload_scan_state.Connection) -> int | None:
        recipes.save(connection, recipe)
        return batches.record(connection, new, files)

    batch_id = transact(record, patience=0)
    if batch_id is not None:
        log.info("batch %d: took %s with recipe %s", batch_id, upload.prefix, recipe.name)
    return batch_id


def listing_digest(objects: Iterable[Listed]) -> str:
    """A digest of a listing that does not depend on its order, at flat memory.

    The sum of the entries' SHA-256 modulo 2^256 (Bellare and Micciancio's AdHash, 1997).
    """
    total = 0
    for item in objects:
        entry = f"{item.key}\0{item.size}\0{item.tag}".encode()
        total = (total + int.from_bytes(hashlib.sha256(entry).digest(), "big")) % (1 << 256)
    return f"{total:064x}"


def _objects(store: Bucket, upload: Upload) -> Iterator[Listed]:
    if upload.is_archive:
        yield from filter(None, [store.find(upload.prefix)])
        return
    for item in store.walk(upload.prefix):
        if PurePosixPath(item.key).name not in _JUNK and not _is_folder(store, item):
            yield item


def _is_folder(store: Bucket, item: Listed) -> bool:
    """Whether this is the empty object ``name/`` with which S3 consoles make a folder."""
    return item.size == 0 and store.find(item.key) is None


def _wishes(store: Bucket, upload: Upload) -> dict[str, str]:
    if store.tag(upload.marker) is None:
        return {}
    text = store.get(upload.marker).decode("utf-8", "replace").strip()
    if not text:
        return {}
    try:
        wishes = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{upload.marker} is neither empty nor JSON: {error}") from None
    if not isinstance(wishes, dict) or not all(isinstance(value, str) for value in wishes.values()):
        raise InputError(f'{upload.marker} must hold an object such as {{"recipe": "catalog"}}')
    return wishes


def _recipe(wished: str) -> Recipe:
    if len(wished) == 64 and not wished.endswith(".toml"):
        return transact(lambda connection: recipes.load(connection, wished))
    if "/" in wished or wished.endswith(".toml"):
        raise RecipeError("a marker names a shipped recipe or the digest of a recorded one", path=wished)
    return load(wished)


def _from_folder(store: Bucket, upload: Upload, recipe: Recipe) -> Iterator[NewImage]:
    extension = file_of(recipe)
    for item in _objects(store, upload):
        name = item.key.removeprefix(f"{upload.prefix}/")
        file = safe_path(delivered_name(name, extension))
        yield NewImage(name, item.key, item.size, file, tag=item.tag)


def _from_archive(store: Bucket, upload: Upload, recipe: Recipe) -> Iterator[NewImage]:
    extension = file_of(recipe)
    for entry in entries(store, upload.prefix):
        file = safe_path(delivered_name(entry.name, extension))
        yield NewImage(entry.name, entry.key, entry.size, file, entry.reason, entry.sentence)
