"""Opening a vendor's zip within limits: what it claims is not believed, what it yields is counted."""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from imaging.refusal import RefusedError
from line.errors import InputError
from line.names import safe_path

_CHUNK = 1 << 16
_RECORD = 400  # bytes of the directory a file may take on average: 46, its name, and extra fields
_RATIO_FROM = 16_000_000  # bytes: a small white BMP packs a thousandfold, honestly
_ARCHIVE_RATIO_FROM = 1_000_000_000  # bytes
_UTF8 = 0x800  # flag: the name is UTF-8 and not code page 437
_ENCRYPTED = 0x1 | 0x40
_METHODS: Final = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # others are rare, and LZMA may ask for gigabytes
_JUNK: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_NESTED: Final = frozenset(
    {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar", ".iso", ".cab"}
)


class ArchiveError(InputError):
    """Raised when an archive as a whole cannot be taken: it is no zip, damaged, or beyond its limits."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one archive may hold.

    Attributes:
        max_entries: files, also refused ones.
        max_bytes: of all files together, as really unpacked.
        max_entry_bytes: of one file.
        max_ratio: unpacked to packed bytes, of one file once it is larger than 16 MB and of the
            archive once it unpacks to more than 1 GB (files may share their packed bytes).
    """

    max_entries: int = 100_000
    max_bytes: int = 100_000_000_000
    max_entry_bytes: int = 64_000_000
    max_ratio: float = 200.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: its path inside, unique in the archive, without control characters; a label only.
        size: the bytes it claims to have.
        refusal: why it is not taken, or None.
        chunks: unpacks it, 64 KiB at a time, while the archive is being gone through.

            Raises RefusedError where the bytes turn out otherwise than claimed (``ratio``,
            ``damaged_entry``), ArchiveError where the archive's limit is reached.
    """

    name: str
    size: int
    refusal: RefusedError | None
    chunks: Callable[[], Iterator[bytes]]


_DEFAULT_LIMITS = ArchiveLimits()


def entries(file: BinaryIO, limits: ArchiveLimits = _DEFAULT_LIMITS) -> Iterator[Entry]:
    """The files of a zip in their order, refused ones too; directories and system litter are left out.

    ``file`` is seekable. Memory grows with the number of files (about 1 KB each), not with their size.

    Raises:
        ArchiveError: as the first entry is asked for, or later when ``max_bytes`` is passed.
    """
    with _opened(file, limits) as archive:
        infos = archive.infolist()
        if len(infos) > limits.max_entries:
            raise ArchiveError(
                f"the archive holds {len(infos):,} files; at most {limits.max_entries:,} are taken"
            )
        seen: set[str] = set()
        budget = _Budget(limits, file.seek(0, io.SEEK_END))
        for number, info in enumerate(infos, 1):
            name = _name(info)
            # not info.is_dir(): that fails on a damaged entry without a name
            if info.filename.endswith("/") or name.endswith("\\") or _is_litter(name):
                continue
            refusal = _refusal(info, name, limits)
            label = name if name.isprintable() and name else safe_path(name)
            if label in seen:
                refusal = refusal or RefusedError(
                    "duplicate_name", "Another file of the archive has the same name; the first one is taken."
                )
                label = f"{label} (entry {number})"
            seen.add(label)
            yield Entry(label, info.file_size, refusal, _reader(archive, info, budget))


def _opened(file: BinaryIO, limits: ArchiveLimits) -> zipfile.ZipFile:
    bounded = _BoundedFile(file, max(1 << 20, limits.max_entries * _RECORD))
    try:
        return zipfile.ZipFile(bounded)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError) as error:
        raise ArchiveError(f"the archive cannot be opened as a zip: {error}") from error


def _name(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename  # `filename` ends at a NUL, which hides what follows
    if not info.flag_bits & _UTF8:
        try:  # many programs write UTF-8 and do not say so
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith("._") or parts[-1].lower() in _JUNK


def _refusal(info: zipfile.ZipInfo, name: str, limits: ArchiveLimits) -> RefusedError | None:
    path = name.replace("\\", "/")
    parts = path.split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if path.startswith("/") or ".." in parts or path[1:2] == ":" or "\0" in path or not path.strip("./ "):
        return RefusedError("outside_path", "The file's name points outside the archive.")
    if kind == stat.S_IFLNK:
        return RefusedError("link", "The entry is a link to another file; please pack the file itself.")
    if kind not in (0, stat.S_IFREG):
        return RefusedError("not_a_file", "The entry is a device or pipe, not a file.")
    if info.flag_bits & _ENCRYPTED:
        return RefusedError("encrypted", "The file is encrypted; please send it without a password.")
    if PurePosixPath(path).suffix.lower() in _NESTED:
        return RefusedError(
            "nested_archive", "An archive inside the archive is not opened; please unpack it."
        )
    if info.compress_type not in _METHODS:
        return RefusedError("unknown_packing", "The file is packed in a way that is not read; use plain zip.")
    if info.file_size > limits.max_entry_bytes:
        return RefusedError(
            "too_many_bytes",
            f"The file has {info.file_size / 1e6:,.1f} MB;"
            f" at most {limits.max_entry_bytes / 1e6:,.0f} MB are taken.",
        )
    return None


class _Budget:
    """Bytes that were really unpacked, of one archive."""

    def __init__(self, limits: ArchiveLimits, packed: int) -> None:
        self.limits = limits
        self.most = min(limits.max_bytes, int(max(_ARCHIVE_RATIO_FROM, packed * limits.max_ratio)))
        self.spent = 0

    def spend(self, count: int, entry: int, packed: int) -> None:
        """Count ``count`` bytes more; ``entry`` are those of this file so far, from ``packed`` bytes."""
        self.spent += count
        if self.spent > self.most:
            limit = f"{self.most / 1e9:,.1f} GB"
            raise ArchiveError(f"the archive unpacks to more than {limit}; please send it in parts")
        if entry > self.limits.max_entry_bytes:
            raise RefusedError("too_many_bytes", "The file unpacks to more bytes than are taken.")
        if entry > _RATIO_FROM and entry > packed * self.limits.max_ratio:
            raise RefusedError("ratio", f"The file unpacks to {entry / max(packed, 1):,.0f} times its size.")


def _reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget
) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        count = 0
        try:
            with archive.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    count += len(chunk)
                    budget.spend(len(chunk), count, info.compress_size)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
            raise RefusedError(
                "damaged_entry", "The file is damaged inside the archive; please pack it again."
            ) from error

    return chunks


class _BoundedFile:
    """A file that refuses to be read in one piece larger than ``most``: zipfile reads a directory so."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.file, self.most = file, most
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(min(size, self.most + 1) if size >= 0 else self.most + 1)
        if len(data) > self.most:
            raise ArchiveError("the archive's table of contents is larger than its number of files allows")
        return data
