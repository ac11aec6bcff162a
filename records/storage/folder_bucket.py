"""A bucket that is a folder: every name that the file system takes is a key, and writes appear whole or not at all.

``obstore`` serves S3, not this: its folders hide files such as ``SKU 4711#2`` (the form of its own temporary
files), refuse names of 255 bytes and control characters, need hard links, and report errors without their number.
"""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from line.errors import ServiceError
from line.filenames.name_bytes import on_disk, storable
from records.storage.errors import MissingObjectError, UnwritableKeyError
from records.storage.listing import Level, Listed

TEMPORARY_PREFIX: Final = ".sluice-"
TEMPORARY_SUFFIX: Final = ".writing"
_CHUNK_BYTES: Final = 1 << 20

_PERMANENT: Final = frozenset({errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL})
"""Errors that writing the same key again cannot end."""

_MENDS: Final = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "raise the quota or make room there",
    errno.EROFS: "mount it for writing",
    errno.EACCES: "give the user that runs the line the right to write there",
    errno.EPERM: "give the user that runs the line the right to write there",
}


class FolderBucket:
    """One folder as a bucket; made where it is missing.

    Args:
        folder: absolute path.
        url: its ``file://`` URL, for messages and records.

    Raises:
        ServiceError: from every method, where the folder cannot be read or written; names the cause.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        with self._explained("write", "."):
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> bytes:
        """The object's bytes.

        Raises:
            MissingObjectError: there is no such object.
        """
        return self.get_tagged(key)[0]

    def get_tagged(self, key: str) -> tuple[bytes, str]:
        """The object's bytes, and its tag as a listing tells it; raises as :meth:`get`."""
        with self._explained("read", key), self._opened(key) as file:
            return file.read(), _tag(os.fstat(file.fileno()))

    def put(self, key: str, data: bytes) -> None:
        """Write an object; an older one of that key is replaced in one go.

        Raises:
            UnwritableKeyError: nothing can ever be written under that key, such as below a file.
        """
        self._write(key, lambda file: file.write(data))

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a file, at flat memory; raises as :meth:`put`."""

        def copy(file: BinaryIO) -> None:
            with path.open("rb") as source:
                while chunk := source.read(_CHUNK_BYTES):
                    file.write(chunk)

        self._write(key, copy)

    def keep(self, data: bytes, suffix: str) -> str:
        """Write bytes under the name of their content and answer the key; where they lie already, renew the time."""
        digest = hashlib.sha256(data).hexdigest()
        key = f"objects/{digest[:2]}/{digest}{suffix}"
        with self._explained("write", key), suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.utime(self._path(key))
            return key
        try:
            self.put(key, data)
        except UnwritableKeyError as error:  # a key of ours: what is wrong is the bucket, not the picture
            raise ServiceError(str(error)) from error
        return key

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        with self._explained("delete", key):
            try:
                self._path(key).unlink()
            except (FileNotFoundError, NotADirectoryError):
                self._check_folder()

    def delete_older(self, key: str, before: datetime) -> bool:
        """Remove an object that was last written, or kept again, before a time; whether it is gone.

        It is put aside first: what is kept meanwhile is written anew.
        """
        path = self._path(key)
        aside = _temporary_of(path)
        with self._explained("delete", key):
            try:
                if path.stat().st_mtime >= before.timestamp():
                    return False
                path.replace(aside)
            except (FileNotFoundError, NotADirectoryError):
                self._check_folder()
                return True
            if aside.stat().st_mtime >= before.timestamp():  # kept again in this very moment
                aside.replace(path)
                return False
            aside.unlink()
        return True

    def find(self, key: str) -> Listed | None:
        """One object as a listing tells of it, or None where there is none."""
        with self._explained("read", key):
            try:
                status = self._path(key).stat()
            except (FileNotFoundError, NotADirectoryError):
                self._check_folder()
                return None
            return _listed(key, status) if stat.S_ISREG(status.st_mode) else None

    def tag(self, key: str) -> str | None:
        """What changes whenever the object is written, or None where there is none."""
        entry = self.find(key)
        return f"{entry.tag} {entry.modified.isoformat()}" if entry else None

    def download(self, key: str, path: Path) -> None:
        """Write an object into a file, at flat memory; raises as :meth:`get`."""
        with self._explained("read", key), self._opened(key) as source, path.open("wb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                file.write(chunk)

    def walk(self, prefix: str) -> Iterator[Listed]:
        """Every object below ``prefix``, in no promised order, at flat memory.

        Links are followed, each folder once on its way down. What cannot be read is listed with its ``problem``.
        """
        with self._explained("list", prefix):
            path = self._path(prefix)
            if path.is_dir():
                yield from self._walk(path, prefix, ())
            else:
                self._check_folder()

    def level(self, prefix: str) -> Level:
        """The folders directly below ``prefix``, and whatever else lies there, by one look."""
        level = Level([], [])
        with self._explained("list", prefix):
            try:
                with os.scandir(self._path(prefix)) as entries:
                    for entry in sorted(entries, key=lambda entry: entry.name):
                        if not _is_temporary(entry.name):
                            (level.folders if entry.is_dir() else level.files).append(_key(prefix, entry))
            except (FileNotFoundError, NotADirectoryError):
                self._check_folder()
        return level

    def _walk(self, folder: Path, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[Listed]:
        try:
            status = folder.stat()
            with os.scandir(folder) as scanned:
                entries = list(scanned)
        except FileNotFoundError:
            return
        except OSError as error:
            yield _unreadable(prefix, error)
            return
        here = (status.st_dev, status.st_ino)
        if here in above:
            yield Listed(prefix, 0, "", _NO_TIME, "The link leads back to a folder above it.")
            return
        for entry in entries:
            key = _key(prefix, entry)
            if _is_temporary(entry.name):
                continue
            try:
                if entry.is_dir():
                    yield from self._walk(Path(entry.path), key, (*above, here))
                elif entry.is_file():
                    problem = "" if os.access(entry.path, os.R_OK) else "The file may not be read."
                    yield _listed(key, entry.stat(), problem)
                elif entry.is_symlink():
                    yield Listed(key, 0, "", _NO_TIME, "The link leads nowhere.")
                else:
                    yield Listed(key, 0, "", _NO_TIME, "This is a device or pipe, not a file.")
            except OSError as error:
                yield _unreadable(key, error)

    def _write(self, key: str, fill: Callable[[BinaryIO], object]) -> None:
        path = self._path(key)
        temporary = _temporary_of(path)
        with self._explained("write", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    fill(file)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    @contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO]:
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._check_folder()
            raise MissingObjectError(f"{self.url}: there is no object {key}") from None
        with file:
            yield file

    @contextmanager
    def _explained(self, verb: str, key: str) -> Iterator[None]:
        """Turn errors of the system into ours, with the cause and how to mend it."""
        try:
            yield
        except OSError as error:
            cause = error.strerror or str(error)
            if verb == "write" and error.errno in _PERMANENT:
                raise UnwritableKeyError(f"{self.url}: cannot write {key}: {cause}") from error
            mend = _MENDS.get(error.errno or 0, "")
            raise ServiceError(
                f"{self.url}: cannot {verb} {key}: {cause}{f'; {mend}' if mend else ''}"
            ) from error

    def _check_folder(self) -> None:
        """Tell a missing object from a missing bucket: an unmounted disk has lost no photo."""
        if not self.folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"the folder {self.folder} is gone; mount or restore it")

    def _path(self, key: str) -> Path:
        parts = [on_disk(part) for part in key.split("/") if part]
        if ".." in parts or key.startswith("/"):
            raise UnwritableKeyError(f"{self.url}: {key!r} leads out of the bucket")
        return self.folder.joinpath(*parts)


_NO_TIME: Final = datetime.fromtimestamp(0, UTC)


def _key(prefix: str, entry: os.DirEntry[str]) -> str:
    name = storable(entry.name)
    return f"{prefix}/{name}" if prefix else name


def _listed(key: str, status: os.stat_result, problem: str = "") -> Listed:
    modified = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, UTC)
    return Listed(key, status.st_size, _tag(status), modified, problem)


def _unreadable(key: str, error: OSError) -> Listed:
    return Listed(key, 0, "", _NO_TIME, f"It cannot be read: {error.strerror or error}.")


def _tag(status: os.stat_result) -> str:
    """As ``obstore`` writes it, which wrote the tags of older records."""
    return f'"{status.st_ino:x}-{status.st_mtime_ns // 1000:x}-{status.st_size:x}"'


def _temporary_of(path: Path) -> Path:
    return path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)
