"""What the files of an upload are by their names: pictures, sidecars, system litter, or still being transferred.

One set of rules for archives, folders and buckets. Names are compared without regard to case.
"""

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final


class FileKind(StrEnum):
    """What a file of an upload is, as far as its name tells."""

    PICTURE = "picture"  # or something that admission refuses with a reason
    SIDECAR = "sidecar"
    LITTER = "litter"
    TEMPORARY = "temporary"


_LITTER_FOLDERS: Final = frozenset(
    {
        "__macosx", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems",
        ".documentrevisions-v100",  # macOS
        "@eadir", "#recycle", ".@__thumb", "@recycle", "#snapshot", ".snapshot",  # Synology, QNAP
        "$recycle.bin", "recycler", "system volume information", "lost+found",  # Windows, ext4
        ".thumbnails", ".picasaoriginals", ".bridgecache", ".dropbox.cache",  # picture programs, sync
    }
)  # fmt: skip

_LITTER_FILES: Final = frozenset(
    {
        ".ds_store", ".localized", ".volumeicon.icns", "icon\r",  # macOS
        "thumbs.db", "ehthumbs.db", "desktop.ini",  # Windows
        ".picasa.ini", "picasa.ini", ".nomedia", ".bridgesort", ".bridgecache", ".bridgecachet",  # picture programs
        ".directory", ".dropbox", ".dropbox.attr",  # desktops, sync
    }
)  # fmt: skip

_LITTER_PATTERN: Final = re.compile(
    r"""
    \._.*                           # AppleDouble: the resource fork of the file of that name
    | .*:zone\.identifier(:\$data)? # an NTFS stream that says where a file was downloaded from
    | \.smbdelete.* | \.nfs[0-9a-f]{8,}  # deleted on a network share, still open
    | ~\$.*                         # lock of an office program
    """,
    re.VERBOSE | re.DOTALL,
)

_SIDECARS: Final = frozenset(
    {
        ".xmp", ".aae", ".thm", ".pp3", ".dop", ".cos",  # edits and previews beside a photo
        ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".xml",  # tables
        ".txt", ".md", ".rtf", ".doc", ".docx", ".url", ".log",  # texts
        ".md5", ".sha1", ".sha256", ".sfv",  # checksums
    }
)  # fmt: skip

_TEMPORARY_FOLDERS: Final = frozenset({".~tmp~", ".rsync-partial", ".rsync-tmp", ".stversions", ".stfolder"})

_TEMPORARY_PATTERN: Final = re.compile(
    r"""
    .*\.(filepart | part | partial | crdownload | download | opdownload | aria2 | tmp | temp | uploading | inprogress
        | incomplete | writing | transferring | !ut | !qb | bts)  # WinSCP, browsers, download programs
    | \..+\.[a-z0-9]{6}             # rsync: .NAME.Xa82kQ
    | \.in\..+\.                    # ProFTPD: .in.NAME.
    | \.pureftpd-upload\..*         # Pure-FTPd
    | \.goutputstream-.*            # GNOME
    | \.syncthing\..*\.tmp | ~syncthing~.*\.tmp
    | \.~lock\..*\#                 # LibreOffice
    | .*\.sb-[0-9a-f]{8}-.*         # macOS, safe save
    """,
    re.VERBOSE | re.DOTALL,
)


def kind_of(path: str) -> FileKind:
    """What the file of this path inside an upload is.

    Args:
        path: components divided by ``/`` or ``\\``.
    """
    *folders, name = path.replace("\\", "/").casefold().split("/")
    if not _LITTER_FOLDERS.isdisjoint(folders) or name in _LITTER_FILES or _LITTER_PATTERN.fullmatch(name):
        return FileKind.LITTER
    if not _TEMPORARY_FOLDERS.isdisjoint(folders) or _TEMPORARY_PATTERN.fullmatch(name):
        return FileKind.TEMPORARY
    if PurePosixPath(name).suffix in _SIDECARS:
        return FileKind.SIDECAR
    return FileKind.PICTURE
