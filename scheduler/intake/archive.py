"""Opens an uploaded archive: its entries become originals in the bucket, within the limits of ``imaging.archives``."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imaging.archives.entry import Entry
from imaging.refusal import RefusedError
from imaging.sandbox.archive_client import sandboxed_entries
from records.storage.bucket import Bucket
from records.storage.tempdir import scratch


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry of an archive; a refused one has a reason, and the archive itself as its key.

    Attributes:
        raw_name: the name's bytes as stored, where they are not the UTF-8 of ``name``.
    """

    name: str
    key: str
    size: int
    reason: str = ""
    sentence: str = ""
    raw_name: bytes | None = None


@dataclass(frozen=True, slots=True)
class Archives:
    """How archives are opened.

    Attributes:
        seconds: maximum time without an answer of the process that opens one.
        memory: maximum bytes of that process.
        home: state folder, for temporary copies.
        encoding: of names that are not declared as UTF-8; guessed where None.
    """

    seconds: float
    memory: int
    home: Path
    encoding: str | None = None

    def with_encoding(self, encoding: str | None) -> "Archives":
        """The same for a vendor's archives and file names."""
        return replace(self, encoding=encoding)

    def entries(self, store: Bucket, key: str) -> Iterator[StoredEntry]:
        """Unpack an archive of the bucket into the bucket, one entry in memory at a time.

        Raises:
            InputError: it is no archive that can be read, or over a limit as a whole.
            ServiceError: the process that opens it was killed from outside.
        """
        with scratch(self.home) as folder:
            path = Path(folder) / "upload"
            store.download(key, path)
            opened = sandboxed_entries(path, encoding=self.encoding, seconds=self.seconds, memory=self.memory)
            for entry in opened:
                yield _stored(store, key, entry)


def _stored(store: Bucket, key: str, entry: Entry) -> StoredEntry:
    refusal = entry.refusal
    if refusal is None:
        try:
            data = b"".join(entry.chunks())
            return StoredEntry(entry.name, store.keep(data, ".original"), len(data), raw_name=entry.raw_name)
        except RefusedError as error:
            refusal = error
    return StoredEntry(entry.name, key, entry.size, refusal.reason, refusal.sentence, entry.raw_name)
