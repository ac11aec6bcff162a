"""Reads a zip: what it claims is not believed, what it yields is counted."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from imaging.archives.entry import (
    CHUNK_BYTES,
    ArchiveError,
    ArchiveLimits,
    Budget,
    Entry,
    Labels,
    refusal_by_name,
    refusal_by_size,
    refused_damage,
    refused_device,
    refused_link,
)
from imaging.archives.name_encoding import decode_names
from imaging.refusal import RefusedError
from line.filenames.upload_files import FileKind, kind_of

MAX_MEAN_RECORD_BYTES: Final = 400
"""Maximum mean size of a file's record in the directory (bytes): 46, its name, and extra fields."""

_UTF8_HIGH_BYTE: Final = 0x08  # flag 0x800, in the second byte of the flags
_ENCRYPTED_FLAGS: Final = 0x1 | 0x40
_UNICODE_PATH_FIELD: Final = 0x7075  # Info-ZIP: version, CRC-32 of the plain name, name in UTF-8
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others are rare; LZMA may ask for gigabytes
_DIRECTORY_SIGNATURE: Final = b"PK\x01\x02"
_DIRECTORY_BYTES: Final = 46  # of a record, without name, extra fields and comment
_LOCAL_BYTES: Final = 30  # of a local header, likewise
_VERSION_NEEDED: Final = 20  # deflate and folders: nothing else is read


def zip_entries(file: BinaryIO, limits: ArchiveLimits, encoding: str | None = None) -> Iterator[Entry]:
    """The files of a zip in their order, refused ones too; folders and system litter are left out.

    Memory grows with the number of files (about 1 KB each), not with their size.

    Raises:
        ArchiveError: as the first entry is asked for, or later when ``max_bytes`` is passed.
    """
    bounded = _DirectoryFile(file, max(1 << 20, limits.max_entries * MAX_MEAN_RECORD_BYTES))
    with _opened(bounded) as archive:
        infos = archive.infolist()
        if len(infos) > limits.max_entries:
            raise ArchiveError(
                f"the archive holds {len(infos):,} files; at most {limits.max_entries:,} are taken"
            )
        labels, budget = Labels(), Budget(limits, file.seek(0, io.SEEK_END))
        raw_names = [info.orig_filename.encode("cp437") for info in infos]
        names = _names(infos, raw_names, bounded.declared_utf8, encoding)
        for info, name, raw in zip(infos, names, raw_names, strict=True):
            # not info.is_dir(): that fails on a damaged entry without a name
            if name.endswith(("/", "\\")) or kind_of(name) is FileKind.LITTER:
                continue
            label, refusal = labels.label(name, _refusal(info, name, limits))
            raw_name = raw if raw != label.encode() else None
            yield Entry(label, info.file_size, refusal, _reader(archive, info, budget, bounded), raw_name)


def _opened(file: "_DirectoryFile") -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError) as error:
        raise ArchiveError(f"the archive cannot be opened as a zip: {error}") from error


def _names(
    infos: list[zipfile.ZipInfo], raw_names: list[bytes], declared: list[bool], encoding: str | None
) -> list[str]:
    """Names by the Unicode path field, by the UTF-8 flag where it is true, else by their encoding."""
    names: list[str | None] = []
    for index, (info, raw) in enumerate(zip(infos, raw_names, strict=True)):
        name = _unicode_path(info.extra, raw)
        if name is None and index < len(declared) and declared[index]:
            try:
                name = raw.decode()
            except UnicodeDecodeError:  # the flag is wrong
                name = None
        names.append(name)
    undeclared = [raw for raw, name in zip(raw_names, names, strict=True) if name is None]
    decoded = iter(decode_names(undeclared, encoding))
    return [next(decoded) if name is None else name for name in names]


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the Info-ZIP Unicode path field, where it belongs to the plain name."""
    while len(extra) >= 4:
        field, length = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if field != _UNICODE_PATH_FIELD or len(body) < 6 or body[0] != 1:
            continue
        if struct.unpack_from("<L", body, 1)[0] == zlib.crc32(raw):
            try:
                return body[5:].decode()
            except UnicodeDecodeError:
                return None
    return None


def _refusal(info: zipfile.ZipInfo, name: str, limits: ArchiveLimits) -> RefusedError | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if refusal := refusal_by_name(name):
        return refusal
    if kind == stat.S_IFLNK:
        return refused_link()
    if kind not in (0, stat.S_IFREG):
        return refused_device()
    if info.flag_bits & _ENCRYPTED_FLAGS:
        return RefusedError("encrypted", "The file is encrypted; please send it without a password.")
    if info.compress_type not in _METHODS:
        return RefusedError("unknown_packing", "The file is packed in a way that is not read; use plain zip.")
    return refusal_by_size(info.file_size, limits)


def _reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, file: "_DirectoryFile"
) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        count = 0
        try:
            # The local header may spell the name otherwise than the directory; only the directory counts.
            info.orig_filename = file.local_name(info.header_offset)
            with archive.open(info) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    count += len(chunk)
                    budget.spend(len(chunk))
                    budget.check_entry(count, info.compress_size)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error) as error:
            raise refused_damage() from error

    return chunks


class _DirectoryFile:
    """The archive as ``zipfile`` reads it: with a directory of bounded size that no single flag can spoil.

    In every record the UTF-8 flag is cleared (``declared_utf8`` holds what it was), so that names come as their
    bytes, and the version needed is one that ``zipfile`` accepts: one wrong flag would refuse the whole archive.
    """

    def __init__(self, file: BinaryIO, max_read: int) -> None:
        self.file, self.max_read = file, max_read
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.declared_utf8: list[bool] = []
        self._headers: set[int] = set()

    def read(self, size: int = -1) -> bytes:
        start = self.file.tell()
        data = self.file.read(min(size, self.max_read + 1) if size >= 0 else self.max_read + 1)
        if len(data) > self.max_read:
            raise ArchiveError("the archive's table of contents is larger than its number of files allows")
        if size >= _DIRECTORY_BYTES and not self.declared_utf8 and data.startswith(_DIRECTORY_SIGNATURE):
            return self._without_flags(data)
        if start in self._headers and len(data) == _LOCAL_BYTES:
            return data[:7] + bytes([data[7] & ~_UTF8_HIGH_BYTE & 0xFF]) + data[8:]
        return data

    def local_name(self, offset: int) -> str:
        """The name in the local header at ``offset``, as ``zipfile`` will read it there."""
        self.file.seek(offset)
        header = self.file.read(_LOCAL_BYTES)
        (length,) = struct.unpack_from("<H", header, 26)
        self._headers.add(offset)
        return self.file.read(length).decode("cp437")

    def _without_flags(self, directory: bytes) -> bytes:
        patched, at = bytearray(directory), 0
        while directory.startswith(_DIRECTORY_SIGNATURE, at) and at + _DIRECTORY_BYTES <= len(directory):
            self.declared_utf8.append(bool(patched[at + 9] & _UTF8_HIGH_BYTE))
            patched[at + 9] &= ~_UTF8_HIGH_BYTE & 0xFF
            struct.pack_into("<H", patched, at + 6, _VERSION_NEEDED)
            at += _DIRECTORY_BYTES + sum(struct.unpack_from("<HHH", directory, at + 28))
        return bytes(patched)
