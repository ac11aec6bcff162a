"""Reads a 7z archive through ``py7zr``, which unpacks into callbacks: a thread of its own passes them on."""

import io
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import py7zr
from py7zr.exceptions import ArchiveError as SevenZipError
from py7zr.io import Py7zIO, WriterFactory

from imaging.archives.entry import (
    ArchiveError,
    ArchiveLimits,
    Budget,
    Entry,
    Labels,
    refusal_by_name,
    refusal_by_size,
    refused_damage,
    refused_link,
)
from imaging.refusal import RefusedError
from line.filenames.upload_files import FileKind, kind_of

QUEUED_CHUNKS: Final = 8
"""Maximum number of unpacked chunks that wait to be read."""


def seven_zip_entries(file: BinaryIO, limits: ArchiveLimits, encoding: str | None = None) -> Iterator[Entry]:
    """The files of a 7z, refused ones first; folders and system litter are left out.

    Args:
        encoding: not used: 7z stores names in UTF-16.

    Raises:
        ArchiveError: it is no 7z, it is encrypted, damaged, or beyond its limits.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    try:
        archive = py7zr.SevenZipFile(file)
        infos = archive.list()
    except (SevenZipError, py7zr.Bad7zFile, OSError, EOFError, ValueError, TypeError, LookupError) as error:
        raise ArchiveError(f"the archive cannot be opened as a 7z: {error}") from error
    with archive:
        if archive.password_protected:
            raise ArchiveError("the archive is encrypted; please send it without a password")
        if len(infos) > limits.max_entries:
            raise ArchiveError(
                f"the archive holds {len(infos):,} files; at most {limits.max_entries:,} are taken"
            )
        labels, accepted = Labels(), dict[str, str]()
        for info in infos:
            if info.is_directory or kind_of(info.filename) is FileKind.LITTER:
                continue
            label, refusal = labels.label(info.filename, _refusal(info, limits))
            if refusal or not info.uncompressed:
                yield Entry(label, info.uncompressed, refusal, lambda: iter(()))
            else:
                accepted[info.filename] = label
        sizes = {info.filename: info.uncompressed for info in infos}
        yield from _unpacked(archive, accepted, sizes, Budget(limits, size))


def _refusal(info: Any, limits: ArchiveLimits) -> RefusedError | None:
    if refusal := refusal_by_name(info.filename):
        return refusal
    if info.is_symlink or not info.is_file:
        return refused_link()
    return refusal_by_size(info.uncompressed, limits)


def _unpacked(
    archive: py7zr.SevenZipFile, accepted: dict[str, str], sizes: dict[str, int], budget: Budget
) -> Iterator[Entry]:
    """The accepted files in the archive's order.

    Files are packed as one stream: behind a damaged one nothing can be read, so those are refused too.
    """
    remaining = dict(accepted)
    extraction = _Extraction(archive, list(remaining), budget)
    for name in extraction.names():
        yield Entry(remaining.pop(name), sizes[name], None, extraction.chunks)
    for name, label in remaining.items():
        yield Entry(label, sizes[name], refused_damage(), lambda: iter(()))


class _Extraction:
    """One run of ``py7zr`` over some files, in a thread, read from here piece by piece."""

    def __init__(self, archive: py7zr.SevenZipFile, names: list[str], budget: Budget) -> None:
        self._queue: queue.Queue[tuple[str, Any]] = queue.Queue(QUEUED_CHUNKS)
        self._over = threading.Event()
        self._open = False
        self._thread = threading.Thread(target=self._extract, args=(archive, names, budget), daemon=True)

    def names(self) -> Iterator[str]:
        """The name of each file as its turn comes; what was not read of the one before is passed over."""
        self._thread.start()
        try:
            while True:
                kind, value = self._queue.get()
                if kind == "file":
                    self._open = True
                    yield value
                    for _ in self._rest():
                        pass
                elif kind == "error":
                    self._check(value)
                    return
                elif kind == "end":
                    return
        finally:
            self._over.set()

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file whose turn it is.

        Raises:
            RefusedError: they are damaged, or too many.
        """
        for kind, value in self._rest():
            if kind == "data":
                yield value
            else:
                raise value

    def _rest(self) -> Iterator[tuple[str, Any]]:
        while self._open:
            kind, value = self._queue.get()
            if kind == "close":
                self._open = False
            elif kind == "error":
                self._open = False
                self._check(value)
                self._queue.put(("end", None))
                yield "refusal", refused_damage()
            else:
                self._open = kind == "data"
                yield kind, value

    @staticmethod
    def _check(error: Exception) -> None:
        """Raise what concerns the whole archive; anything else is damage of the file at hand."""
        if isinstance(error, ArchiveError | MemoryError):
            raise error

    def put(self, kind: str, value: Any = None) -> None:
        """Hand something to the reader.

        Raises:
            EOFError: nobody reads any more.
        """
        while not self._over.is_set():
            try:
                self._queue.put((kind, value), timeout=0.5)
                return
            except queue.Full:
                continue
        raise EOFError

    def _extract(self, archive: py7zr.SevenZipFile, names: list[str], budget: Budget) -> None:
        """Unpack the files into the queue; runs in a thread of its own."""
        try:
            archive.extract(targets=names, factory=_Factory(self, budget))
            self.put("end")
        except EOFError:  # the reader stopped early
            return
        except Exception as error:  # py7zr raises many kinds; the reader decides
            self.put("error", error)


class _Writer(Py7zIO):
    """Passes on one file as it is unpacked."""

    def __init__(self, extraction: _Extraction, budget: Budget) -> None:
        self._extraction, self._budget = extraction, budget
        self._size = 0
        self._refused = False

    def write(self, data: bytes | bytearray) -> int:
        self._size += len(data)
        self._budget.spend(len(data))
        if not self._refused:
            try:
                self._budget.check_entry(self._size)
                self._extraction.put("data", bytes(data))
            except RefusedError as error:
                self._refused = True
                self._extraction.put("refusal", error)
        return len(data)

    def close(self) -> None:
        if not self._refused:
            self._extraction.put("close")

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        return

    def size(self) -> int:
        return self._size


class _Factory(WriterFactory):
    def __init__(self, extraction: _Extraction, budget: Budget) -> None:
        self._make: Callable[[], _Writer] = lambda: _Writer(extraction, budget)
        self._extraction = extraction

    def create(self, filename: str) -> Py7zIO:
        self._extraction.put("file", filename)
        return self._make()
