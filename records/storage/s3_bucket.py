"""A bucket on S3, or on anything that speaks its protocol, through ``obstore``."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError, InvalidPathError
from obstore.store import ObjectStore, from_url

from line.errors import ServiceError
from records.storage.errors import AccessError, MissingObjectError
from records.storage.listing import Level, Listed
from records.storage.s3_listing import list_all, list_level

CLIENT_OPTIONS: Final = {"connect_timeout": "5s", "timeout": "30s"}
RETRIES: Final[Any] = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
"""Bounded so that a bucket that hangs is reported within a minute; the line itself tries again for ever."""

MAX_CAUSE_CHARACTERS: Final = 200

_ACCESS: Final = (
    (
        r"ExpiredToken|TokenRefreshRequired",
        "the credentials have expired: renew AWS_* where the processes start, and restart them",
    ),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|Unauthenticated|401 Unauthorized",
        "the credentials are wrong: correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and restart the processes",
    ),
    (
        r"AccessDenied|PermissionDenied|403 Forbidden|AllAccessDisabled",
        "the credentials lack a right: allow reading, writing, listing and deleting in this bucket",
    ),
)
"""What a refusal of these credentials means and how to mend it, by words of its message."""

_MENDS: Final = (
    (r"NoSuchBucket", "the bucket does not exist: create it, or correct SLUICE_BUCKET_URL"),
    (r"SlowDown|503|429", "the service is overloaded"),
    (r"error sending request|timed out|timeout|dns error|connect", "the service cannot be reached"),
)
"""Likewise of any other error of the service."""


class S3Bucket:
    """One bucket, or a prefix of one.

    Args:
        url: ``s3://bucket/prefix``; the usual ``AWS_*`` variables say how to reach it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        allow_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
        options: Any = {
            **CLIENT_OPTIONS,
            "allow_http": allow_http,
        }  # which the variable sets only without options
        self.store: ObjectStore = from_url(url, client_options=options, retry_config=RETRIES)

    def get(self, key: str) -> bytes:
        """See :class:`records.storage.bucket.Bucket`, as all methods."""
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        with self._explained("read", key):
            answer = obstore.get(self.store, key)
            return bytes(answer.bytes()), _listed(answer.meta).tag

    def put(self, key: str, data: bytes) -> None:
        with self._explained("write", key):
            obstore.put(self.store, key, data)

    def put_file(self, key: str, path: Path) -> None:
        with self._explained("write", key), path.open("rb") as file:
            obstore.put(self.store, key, file)

    def keep(self, data: bytes, suffix: str) -> str:
        digest = hashlib.sha256(data).hexdigest()
        key = f"objects/{digest[:2]}/{digest}{suffix}"
        with self._explained("write", key):
            obstore.put(self.store, key, data)  # the same bytes where it is there, which renews its time
        return key

    def delete(self, key: str) -> None:
        try:
            with self._explained("delete", key):
                obstore.delete(self.store, key)
        except MissingObjectError:
            pass

    def delete_older(self, key: str, before: datetime) -> bool:
        entry = self.find(key)
        if entry is not None and entry.modified >= before:
            return False
        self.delete(key)
        return True

    def find(self, key: str) -> Listed | None:
        try:
            with self._explained("read", key):
                return _listed(obstore.head(self.store, key))
        except MissingObjectError:
            return None

    def tag(self, key: str) -> str | None:
        entry = self.find(key)
        return f"{entry.tag} {entry.modified.isoformat()}" if entry else None

    def download(self, key: str, path: Path) -> None:
        with self._explained("read", key), path.open("wb") as file:
            for chunk in obstore.get(self.store, key):
                file.write(chunk)

    def walk(self, prefix: str) -> Iterator[Listed]:
        last = ""
        try:
            with self._explained("list", prefix):
                for page in obstore.list(self.store, prefix, chunk_size=1000):
                    for item in map(_listed, page):
                        last = item.key
                        yield item
        except _OddKeyError:
            yield from list_all(self.url, prefix, last)

    def level(self, prefix: str) -> Level:
        try:
            with self._explained("list", prefix):
                level = obstore.list_with_delimiter(self.store, prefix)
        except _OddKeyError:
            return list_level(self.url, prefix)
        folders = [str(folder).rstrip("/") for folder in level["common_prefixes"]]
        return Level(folders, [meta["path"] for meta in level["objects"]])

    @contextmanager
    def _explained(self, verb: str, key: str) -> Iterator[None]:
        """Turn the library's errors into ours: one sentence, with the cause and how to mend it."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise ServiceError(f"{self.url}: cannot {verb} {key}: {_cause(error)}") from error
            raise MissingObjectError(f"{self.url}: there is no object {key}") from None
        except InvalidPathError as error:
            raise _OddKeyError(f"{self.url}: {key} holds a key that cannot be read") from error
        except (BaseError, OSError, ValueError) as error:
            refusal = _meaning(error, _ACCESS)
            if refusal and "NoSuchBucket" not in str(error):
                raise AccessError(f"{self.url}: cannot {verb} {key}: {refusal}") from error
            raise ServiceError(f"{self.url}: cannot {verb} {key}: {_cause(error)}") from error


class _OddKeyError(ServiceError):
    """Raised when a listing holds a key that ``obstore`` cannot hold."""


def _cause(error: Exception) -> str:
    """What went wrong and how to mend it, where that is known; else the first line of the library's words."""
    first = str(error).partition("\n")[0].partition("<?xml")[0].strip()
    return _meaning(error, _MENDS) or first[:MAX_CAUSE_CHARACTERS]


def _meaning(error: Exception, meanings: Sequence[tuple[str, str]]) -> str:
    """The first of the meanings whose pattern is in the message; empty where none is."""
    text = str(error)
    return next((meaning for pattern, meaning in meanings if re.search(pattern, text)), "")


def _listed(meta: Any) -> Listed:
    tag = meta["e_tag"] or meta["last_modified"].isoformat()
    return Listed(meta["path"], meta["size"], tag, meta["last_modified"])
