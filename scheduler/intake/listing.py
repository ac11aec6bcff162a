"""Uploads in the ingest bucket: where they lie, and what one look at their files tells."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from line.filenames.upload_files import FileKind, kind_of
from records.storage.bucket import Bucket
from records.storage.listing import Listed

INGEST: Final = "ingest"
READY_MARKER: Final = "_READY"
"""Put by whoever sends an upload, when it is complete."""
ARRIVING_MARKER: Final = "_ARRIVING"
"""Put by ``sluice submit`` before the first file, written anew while it copies, removed after ``_READY``."""
MAX_NAMED: Final = 3
"""Maximum number of files that one sentence names."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A folder or archive in the ingest bucket.

    Attributes:
        prefix: its key, such as ``ingest/acme/spring`` or ``ingest/acme/spring.zip``.
    """

    prefix: str
    is_archive: bool

    @property
    def marker(self) -> str:
        """Key of its ``_READY`` marker."""
        return self._beside(READY_MARKER)

    @property
    def arriving_marker(self) -> str:
        return self._beside(ARRIVING_MARKER)

    @property
    def vendor(self) -> str:
        return PurePosixPath(self.prefix).parts[1]

    @property
    def name(self) -> str:
        return PurePosixPath(self.prefix).name

    def _beside(self, marker: str) -> str:
        return f"{self.prefix}.{marker}" if self.is_archive else f"{self.prefix}/{marker}"


@dataclass(slots=True)
class Listing:
    """What one pass over the files of an upload tells, at flat memory.

    Attributes:
        digest: of keys, sizes and tags, whatever their order.
        pictures: files that become images, refused ones included.
        sidecars: files that are no pictures and are not meant to be.
        temporary: names of files that a transfer program is still writing, the first few.
        temporary_count: how many there are.
    """

    digest: str = "0" * 64
    pictures: int = 0
    sidecars: int = 0
    temporary: list[str] = field(default_factory=list)
    temporary_count: int = 0


def listing_of(store: Bucket, upload: Upload) -> Listing:
    """Look at all files of an upload once."""
    listing = Listing()
    listing.digest = listing_digest(_counted(files_of(store, upload), upload, listing))
    return listing


def files_of(store: Bucket, upload: Upload) -> Iterator[Listed]:
    """The files of an upload but markers, litter, and the empty objects with which S3 consoles make folders."""
    if upload.is_archive:
        yield from filter(None, [store.find(upload.prefix)])
        return
    markers = (upload.marker, upload.arriving_marker)
    for item in store.walk(upload.prefix):
        if item.key in markers or kind_of(_name(item, upload)) is FileKind.LITTER:
            continue
        if item.size == 0 and not item.problem and store.find(item.key) is None:
            continue
        yield item


def listing_digest(objects: Iterable[Listed]) -> str:
    """A digest of a listing that does not depend on its order, at flat memory.

    The sum of the entries' SHA-256 modulo 2^256 (Bellare and Micciancio's AdHash, 1997).
    """
    total = 0
    for item in objects:
        entry = f"{item.key}\0{item.size}\0{item.tag}".encode()
        total = (total + int.from_bytes(hashlib.sha256(entry).digest(), "big")) % (1 << 256)
    return f"{total:064x}"


def named(names: Iterable[str], count: int) -> str:
    """``a.jpg, b.jpg, c.jpg and 12 more``, for sentences."""
    first = list(names)[:MAX_NAMED]
    return ", ".join(first) + (f" and {count - len(first):,} more" if count > len(first) else "")


def _counted(objects: Iterable[Listed], upload: Upload, listing: Listing) -> Iterator[Listed]:
    for item in objects:
        name = _name(item, upload)
        kind = FileKind.PICTURE if upload.is_archive else kind_of(name)
        if kind is FileKind.SIDECAR:
            listing.sidecars += 1
        else:
            listing.pictures += 1
        if kind is FileKind.TEMPORARY:
            listing.temporary_count += 1
            if listing.temporary_count <= MAX_NAMED:
                listing.temporary.append(name)
        yield item


def _name(item: Listed, upload: Upload) -> str:
    return item.key.removeprefix(f"{upload.prefix}/")
