"""Buckets: folders and S3 through one library (obstore), whose local writes appear whole or not at all."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from line.errors import InputError, ServiceError


class MissingObjectError(ServiceError):
    """Raised when an object that the records name is not in its bucket."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing: its key, size in bytes, and what changes when its content does."""

    key: str
    size: int
    tag: str
    modified: datetime


class Bucket:
    """One bucket. Keys are relative, with ``/`` between their parts.

    Args:
        url: ``file:///folder`` (made where missing) or ``s3://bucket/prefix``; the usual ``AWS_*``
            variables say how to reach S3.

    Raises:
        InputError: the URL has a form that is not known.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = _open(url)

    def get(self, key: str) -> bytes:
        """The object's bytes.

        Raises:
            MissingObjectError: there is none.
            ServiceError: the bucket cannot be reached.
        """
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        """The object's bytes, and its tag as a listing tells it; raises as :meth:`get`."""
        try:
            found = obstore.get(self.store, key)
            return bytes(found.bytes()), _listed(found.meta).tag
        except FileNotFoundError:
            raise MissingObjectError(f"{self.url}: there is no object {key}") from None
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot read {key}: {error}") from error

    def put(self, key: str, data: bytes) -> None:
        """Write an object; an older one of that key is replaced in one go."""
        try:
            obstore.put(self.store, key, data)
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot write {key}: {error}") from error

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a file, at flat memory."""
        try:
            with path.open("rb") as file:
                obstore.put(self.store, key, file)
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot write {key}: {error}") from error

    def keep(self, data: bytes, suffix: str) -> str:
        """Write bytes under the name of their content and answer the key; kept once however often."""
        digest = hashlib.sha256(data).hexdigest()
        key = f"objects/{digest[:2]}/{digest}{suffix}"
        try:
            obstore.put(self.store, key, data, mode="create")
        except AlreadyExistsError:
            pass
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot write {key}: {error}") from error
        return key

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            obstore.delete(self.store, key)
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot delete {key}: {error}") from error

    def find(self, key: str) -> Listed | None:
        """One object as a listing tells of it, or None where there is none."""
        try:
            return _listed(obstore.head(self.store, key))
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot read {key}: {error}") from error

    def tag(self, key: str) -> str | None:
        """What changes whenever the object is written, or None where there is none."""
        found = self.find(key)
        return f"{found.tag} {found.modified.isoformat()}" if found else None

    def download(self, key: str, path: Path) -> None:
        """Write an object into a file, at flat memory.

        Raises:
            MissingObjectError: there is none.
        """
        try:
            with path.open("wb") as file:
                for chunk in obstore.get(self.store, key):
                    file.write(chunk)
        except FileNotFoundError:
            raise MissingObjectError(f"{self.url}: there is no object {key}") from None
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot read {key}: {error}") from error

    def walk(self, prefix: str) -> Iterator[Listed]:
        """Every object below ``prefix``, in no promised order, at flat memory."""
        try:
            for page in obstore.list(self.store, prefix, chunk_size=1000):
                yield from map(_listed, page)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot list {prefix}: {error}") from error

    def folders(self, prefix: str) -> list[str]:
        """The folders directly below ``prefix``, as keys without a closing slash."""
        return [str(folder).rstrip("/") for folder in self._level(prefix)["common_prefixes"]]

    def files(self, prefix: str) -> list[str]:
        """The objects directly in ``prefix``, as keys."""
        return [meta["path"] for meta in self._level(prefix)["objects"]]

    def _level(self, prefix: str) -> Mapping[str, Any]:
        try:
            return obstore.list_with_delimiter(self.store, prefix)
        except FileNotFoundError:
            return {"common_prefixes": [], "objects": []}
        except (BaseError, OSError) as error:
            raise ServiceError(f"{self.url}: cannot list {prefix}: {error}") from error


def _listed(meta: Any) -> Listed:
    tag = meta["e_tag"] or meta["last_modified"].isoformat()
    return Listed(meta["path"], meta["size"], tag, meta["last_modified"])


@cache
def bucket(url: str) -> Bucket:
    """The bucket at ``url``, opened once in this process."""
    return Bucket(url)


def _open(url: str) -> ObjectStore:
    parsed = urlparse(url)
    if parsed.scheme == "file":
        return LocalStore(Path(unquote(parsed.path)), mkdir=True)
    if parsed.scheme in ("s3", "s3a"):
        return from_url(url)
    raise InputError(f"{url}: a bucket is file:///folder or s3://bucket/prefix")
