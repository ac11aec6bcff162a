"""Which file names are archives, and which of those are opened."""

from typing import Final

ARCHIVE_SUFFIXES: Final = (
    ".zip", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst"
)  # fmt: skip
"""Suffixes of archives that are opened, in lower case."""

UNOPENED_SUFFIXES: Final = (
    ".rar",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".iso",
    ".cab",
    ".arj",
    ".lzh",
    ".sit",
    ".dmg",
)
"""Suffixes of archives that are not opened, in lower case."""

ARCHIVES_TAKEN: Final = ".zip, .7z, .tar, .tar.gz, .tar.bz2, .tar.xz or .tar.zst"
"""For messages."""


def is_archive(name: str) -> bool:
    """Whether the name is that of an archive that is opened."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def is_unopened_archive(name: str) -> bool:
    """Whether the name is that of an archive, but of a format that is not opened."""
    return not is_archive(name) and name.lower().endswith(UNOPENED_SUFFIXES)
