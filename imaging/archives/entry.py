"""One file of an archive, the limits of an archive, and what is refused whatever its format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from imaging.archives.suffixes import is_archive
from imaging.refusal import RefusedError
from line.errors import InputError
from line.filenames.names import safe_path

ENTRY_RATIO_FROM_BYTES: Final = 16_000_000
"""Minimum unpacked size for the ratio test of one file (bytes): small flat BMPs pack a thousandfold, honestly."""
ARCHIVE_RATIO_FROM_BYTES: Final = 1_000_000_000
"""Minimum unpacked size for the ratio test of an archive (bytes)."""
CHUNK_BYTES: Final = 1 << 16

_NESTED_SUFFIXES: Final = frozenset({".rar", ".gz", ".bz2", ".xz", ".zst", ".jar", ".iso", ".cab"})


class ArchiveError(InputError):
    """Raised when an archive as a whole cannot be taken: unknown format, damaged, or beyond its limits."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one archive may hold.

    Attributes:
        max_entries: maximum number of files, refused ones included.
        max_bytes: maximum size of all files together, as unpacked (bytes).
        max_entry_bytes: maximum size of one file (bytes).
        max_ratio: maximum unpacked to packed size, of one file larger than 16 MB and of an
            archive that unpacks to more than 1 GB (files may share their packed bytes).
    """

    max_entries: int = 100_000
    max_bytes: int = 100_000_000_000
    max_entry_bytes: int = 64_000_000
    max_ratio: float = 200.0


DEFAULT_LIMITS: Final = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: its path inside, unique in the archive, without control characters; a label only.
        size: the size it claims (bytes).
        refusal: why it is not taken, or None.
        chunks: unpacks it, at most 64 KiB at a time, while the archive is being read.

            Raises RefusedError where the bytes turn out otherwise than claimed (``ratio``,
            ``damaged_entry``), ArchiveError where the archive's limit is reached.
        raw_name: the name's bytes as stored, where they are not the UTF-8 of ``name``; else None.
    """

    name: str
    size: int
    refusal: RefusedError | None
    chunks: Callable[[], Iterator[bytes]]
    raw_name: bytes | None = None


@dataclass(slots=True)
class Labels:
    """Gives each file of one archive a unique, printable name."""

    used: set[str] = field(default_factory=set)

    def label(self, name: str, refusal: RefusedError | None) -> tuple[str, RefusedError | None]:
        """The label of the next file; a name that was used before is refused as ``duplicate_name``."""
        label = name if name.isprintable() and name else safe_path(name)
        if label in self.used:
            refusal = refusal or RefusedError(
                "duplicate_name", "Another file of the archive has the same name; the first one is taken."
            )
            label = f"{label} (entry {len(self.used) + 1})"
        self.used.add(label)
        return label, refusal


class Budget:
    """Counts the bytes that one archive really unpacks to.

    Args:
        packed: size of the archive itself (bytes).
    """

    def __init__(self, limits: ArchiveLimits, packed: int) -> None:
        self.limits = limits
        self.max_bytes = min(limits.max_bytes, int(max(ARCHIVE_RATIO_FROM_BYTES, packed * limits.max_ratio)))
        self.spent = 0

    def spend(self, count: int) -> None:
        """Count ``count`` more bytes of the archive.

        Raises:
            ArchiveError: the archive is beyond its limit.
        """
        self.spent += count
        if self.spent > self.max_bytes:
            raise ArchiveError(
                f"the archive unpacks to more than {self.max_bytes / 1e9:,.1f} GB; please send it in parts"
            )

    def check_entry(self, size: int, packed: int | None = None) -> None:
        """Check one file that has unpacked to ``size`` bytes so far, from ``packed`` bytes where known.

        Raises:
            RefusedError: the file is too large, or its ratio is that of a bomb.
        """
        if size > self.limits.max_entry_bytes:
            raise RefusedError("too_many_bytes", "The file unpacks to more bytes than are taken.")
        if packed is not None and size > ENTRY_RATIO_FROM_BYTES and size > packed * self.limits.max_ratio:
            raise RefusedError("ratio", f"The file unpacks to {size / max(packed, 1):,.0f} times its size.")


def refusal_by_name(name: str) -> RefusedError | None:
    """Why a file of that name is not taken from any archive, or None."""
    path = name.replace("\\", "/")
    if (
        path.startswith("/")
        or ".." in path.split("/")
        or path[1:2] == ":"
        or "\0" in path
        or not path.strip("./ ")
    ):
        return RefusedError("outside_path", "The file's name points outside the archive.")
    if is_archive(path) or PurePosixPath(path).suffix.lower() in _NESTED_SUFFIXES:
        return RefusedError(
            "nested_archive", "An archive inside the archive is not opened; please unpack it."
        )
    return None


def refusal_by_size(size: int, limits: ArchiveLimits) -> RefusedError | None:
    """Why a file that claims ``size`` bytes is not taken, or None."""
    if size <= limits.max_entry_bytes:
        return None
    return RefusedError(
        "too_many_bytes",
        f"The file has {size / 1e6:,.1f} MB; at most {limits.max_entry_bytes / 1e6:,.0f} MB are taken.",
    )


def refused_link() -> RefusedError:
    return RefusedError("link", "The entry is a link to another file; please pack the file itself.")


def refused_device() -> RefusedError:
    return RefusedError("not_a_file", "The entry is a device or pipe, not a file.")


def refused_damage() -> RefusedError:
    return RefusedError("damaged_entry", "The file is damaged inside the archive; please pack it again.")
