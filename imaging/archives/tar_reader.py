"""Reads a tar archive, plain or compressed, as one stream."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from backports import zstd

from imaging.archives.entry import (
    CHUNK_BYTES,
    ArchiveError,
    ArchiveLimits,
    Budget,
    Entry,
    Labels,
    refusal_by_name,
    refusal_by_size,
    refused_device,
    refused_link,
)
from imaging.archives.name_encoding import decode_name
from imaging.refusal import RefusedError
from line.filenames.upload_files import FileKind, kind_of

_DECOMPRESSORS: Final[dict[bytes, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": zstd.ZstdFile,
}
"""By the first bytes of the file."""

_ERRORS: Final = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, ValueError)


def tar_entries(file: BinaryIO, limits: ArchiveLimits, encoding: str | None = None) -> Iterator[Entry]:
    """The files of a tar in their order, refused ones too; folders and system litter are left out.

    Raises:
        ArchiveError: it is no tar, it is damaged or cut short, or beyond its limits; also after some entries.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    stream = _BudgetedStream(_decompressed(file), Budget(limits, size))
    labels, foreign_names = Labels(), list[bytes]()
    try:
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8") as archive:
            for count, member in enumerate(archive, 1):
                archive.members = []  # type: ignore[attr-defined]  # or its memory grows with the archive
                if count > limits.max_entries:
                    raise ArchiveError(f"the archive holds more than {limits.max_entries:,} files")
                raw = os.fsencode(member.name)
                name = _name(raw, foreign_names, encoding)
                if member.isdir() or kind_of(name) is FileKind.LITTER:
                    continue
                label, refusal = labels.label(name, _refusal(member, name, limits))
                raw_name = raw if raw != label.encode() else None
                yield Entry(label, member.size, refusal, _reader(archive, member), raw_name)
        if stream.is_cut_short():
            raise ArchiveError("the archive is cut short; please send it again")
    except _ERRORS as error:
        raise ArchiveError(f"the archive cannot be opened as a tar: {error}") from error


def _decompressed(file: BinaryIO) -> Any:
    first = file.read(6)
    file.seek(0)
    for magic, decompressor in _DECOMPRESSORS.items():
        if first.startswith(magic):
            return decompressor(file)
    return file


def _name(raw: bytes, foreign_names: list[bytes], encoding: str | None) -> str:
    """The name as text; a stream can only be guessed from the names that came before."""
    if raw.isascii():
        return raw.decode()
    if encoding is not None:
        try:
            return raw.decode() if _is_utf8(raw) else raw.decode(encoding)
        except UnicodeDecodeError:
            return decode_name(raw)
    name = decode_name(raw, foreign_names)
    if not _is_utf8(raw):
        foreign_names.append(raw)
    return name


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refusal(member: tarfile.TarInfo, name: str, limits: ArchiveLimits) -> RefusedError | None:
    if refusal := refusal_by_name(name):
        return refusal
    if member.issym() or member.islnk():
        return refused_link()
    if not member.isreg():
        return refused_device()
    return refusal_by_size(member.size, limits)


def _reader(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        stream = archive.extractfile(member)
        try:
            while stream is not None and (chunk := stream.read(CHUNK_BYTES)):
                yield chunk
        except _ERRORS as error:
            raise ArchiveError(
                f"the archive is damaged or cut short: {error}; please send it again"
            ) from error

    return chunks


class _BudgetedStream(io.RawIOBase):
    """The unpacked bytes of the archive, counted as they are read."""

    def __init__(self, stream: Any, budget: Budget) -> None:
        self.stream, self.budget = stream, budget
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        data = bytes(self.stream.read(size))
        self.budget.spend(len(data))
        self.last = (self.last + data)[-tarfile.BLOCKSIZE :]
        return data

    def is_cut_short(self) -> bool:
        """Read to the end: whether the empty block is missing with which a tar ends."""
        while self.read(CHUNK_BYTES):
            pass
        return bool(self.last.strip(b"\0")) or len(self.last) < tarfile.BLOCKSIZE
