"""Buckets: a folder of a file system, or S3; one interface for both."""

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlparse

from line.errors import InputError
from records.storage.errors import AccessError, MissingObjectError, UnwritableKeyError
from records.storage.folder_bucket import FolderBucket
from records.storage.listing import Level, Listed

__all__ = [
    "AccessError",
    "Bucket",
    "Buckets",
    "Level",
    "Listed",
    "MissingObjectError",
    "UnwritableKeyError",
    "open_bucket",
]


class Bucket(Protocol):
    """One bucket. Keys are relative, with ``/`` between their parts.

    Every method raises ServiceError where the bucket cannot be reached; reading methods raise its subclass
    MissingObjectError where there is no such object, writing ones UnwritableKeyError where there never can be.
    """

    url: str

    def get(self, key: str) -> bytes:
        """The object's bytes."""
        ...

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        """The object's bytes, and its tag as a listing tells it."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write an object; an older one of that key is replaced in one go."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a file, at flat memory."""
        ...

    def keep(self, data: bytes, suffix: str) -> str:
        """Write bytes under the name of their content and answer the key; where they lie already, renew the time."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def delete_older(self, key: str, before: datetime) -> bool:
        """Remove an object that was last written, or kept again, before a time; whether it is gone."""
        ...

    def find(self, key: str) -> Listed | None:
        """One object as a listing tells of it, or None where there is none."""
        ...

    def tag(self, key: str) -> str | None:
        """What changes whenever the object is written, or None where there is none."""
        ...

    def download(self, key: str, path: Path) -> None:
        """Write an object into a file, at flat memory."""
        ...

    def walk(self, prefix: str) -> Iterator[Listed]:
        """Every object below ``prefix``, in no promised order, at flat memory.

        An object that is there and cannot be read is listed with its ``problem``.
        """
        ...

    def level(self, prefix: str) -> Level:
        """The folders and the objects directly below ``prefix``, by one listing."""
        ...


class Buckets:
    """The buckets that a process works with, each opened once."""

    def __init__(self) -> None:
        self._by_url: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def at(self, url: str) -> Bucket:
        """The bucket at ``url``; see :func:`open_bucket`."""
        with self._lock:
            if url not in self._by_url:
                self._by_url[url] = open_bucket(url)
            return self._by_url[url]


def open_bucket(url: str) -> Bucket:
    """The bucket at ``url``: ``file:///folder`` (made where missing) or ``s3://bucket/prefix``.

    Raises:
        InputError: the URL has another form.
        ServiceError: the folder cannot be made.
    """
    parsed = urlparse(url)
    if parsed.scheme == "file":
        return FolderBucket(Path(unquote(parsed.path)), url)
    if parsed.scheme in ("s3", "s3a"):
        from records.storage.s3_bucket import S3Bucket

        return S3Bucket(url)
    raise InputError(f"{url}: a bucket is file:///folder or s3://bucket/prefix")
