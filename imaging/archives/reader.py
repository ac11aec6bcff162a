"""Opens an archive of any format that is taken, told by its first bytes."""

from collections.abc import Iterator
from typing import BinaryIO

from imaging.archives.entry import DEFAULT_LIMITS, ArchiveLimits, Entry
from imaging.archives.zip_reader import zip_entries


def entries(
    file: BinaryIO, limits: ArchiveLimits = DEFAULT_LIMITS, encoding: str | None = None
) -> Iterator[Entry]:
    """The files of an archive, refused ones too; folders and system litter are left out.

    Args:
        file: seekable, at its start.
        encoding: of names that are not declared as UTF-8; guessed where None.

    Raises:
        ArchiveError: as the first entry is asked for, or later when a limit is passed or damage is met.
    """
    first = file.read(6)
    file.seek(0)
    # The formats are imported when met: each brings libraries that most archives do not need.
    if first.startswith(b"7z\xbc\xaf\x27\x1c"):
        from imaging.archives.seven_zip_reader import seven_zip_entries

        return seven_zip_entries(file, limits, encoding)
    if first.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")) or _is_tar(file):
        from imaging.archives.tar_reader import tar_entries

        return tar_entries(file, limits, encoding)
    return zip_entries(file, limits, encoding)


def _is_tar(file: BinaryIO) -> bool:
    file.seek(257)
    magic = file.read(5)
    file.seek(0)
    return magic == b"ustar"
