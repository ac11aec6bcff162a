"""Opening an uploaded zip: its entries become originals in the bucket, within the limits of ``imaging.archive``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imaging.archive import Entry
from imaging.refusal import RefusedError
from imaging.sandbox.archive_client import entries_apart
from records.storage.bucket import Bucket
from records.storage.tempdir import scratch


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry of an archive; a refused one has a reason, and the archive itself as its key."""

    name: str
    key: str
    size: int
    reason: str = ""
    sentence: str = ""


def entries(store: Bucket, key: str) -> Iterator[StoredEntry]:
    """Unpack an archive of the bucket into the bucket, one entry in memory at a time.

    Raises:
        InputError: it is no archive that can be read, or over a limit as a whole.
        ServiceError: the process that opens it was killed from outside.
    """
    with scratch() as folder:
        path = Path(folder) / "upload.zip"
        store.download(key, path)
        for entry in entries_apart(path):
            yield _stored(store, key, entry)


def _stored(store: Bucket, key: str, entry: Entry) -> StoredEntry:
    if entry.refusal:
        return StoredEntry(entry.name, key, entry.size, entry.refusal.reason, entry.refusal.sentence)
    try:
        data = b"".join(entry.chunks())
    except RefusedError as error:
        return StoredEntry(entry.name, key, entry.size, error.reason, error.sentence)
    return StoredEntry(entry.name, store.keep(data, ".original"), len(data))
