"""The files of a local upload: a folder with what its links lead to, or one archive."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from imaging.archives.suffixes import ARCHIVES_TAKEN, is_archive
from line.errors import InputError
from line.filenames.name_bytes import storable
from line.filenames.names import safe_path
from line.filenames.upload_files import FileKind, kind_of

_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class LocalFiles:
    """What is to be copied, and what cannot be.

    Attributes:
        files: path on disk by path inside the upload, in the order of the latter. An archive has one, "".
        unread: a sentence for each path inside the upload that cannot be read.
    """

    files: dict[str, Path] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())


def local_files(upload: Path) -> LocalFiles:
    """The files of an upload. Links are followed, each folder once on its way down; litter is left out.

    Raises:
        InputError: there is nothing to take, or it is an archive of a kind that is not opened.
    """
    collected = LocalFiles()
    if upload.is_dir():
        _walk(upload, "", (), collected)
        collected.files = dict(sorted(_with_safe_names(collected.files).items()))
        if not collected.files and not collected.unread:
            raise InputError(f"{upload}: there is no file in it")
    elif not is_archive(upload.name):
        raise InputError(f"{upload}: an upload is a folder or an archive ({ARCHIVES_TAKEN})")
    else:
        collected.files[""] = upload
    return collected


def content_digest(collected: LocalFiles, *more: str) -> str:
    """64 hexadecimal digits of the names and bytes of all files, and of ``more``.

    Raises:
        InputError: a file cannot be read to its end.
    """
    digest = hashlib.sha256("\n".join(more).encode())
    for name, path in collected.files.items():
        of_file = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    of_file.update(chunk)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        digest.update(f"\0{name}\0{of_file.hexdigest()}".encode())
    return digest.hexdigest()


def _walk(folder: Path, prefix: str, above: tuple[tuple[int, int], ...], collected: LocalFiles) -> None:
    try:
        status = folder.stat()
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        collected.unread[prefix or "."] = f"The folder cannot be read: {error.strerror}."
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        collected.unread[prefix] = "The link leads back to a folder above it."
        return
    for entry in entries:
        name = f"{prefix}/{storable(entry.name)}".removeprefix("/")
        if entry.is_dir():
            if kind_of(f"{name}/x") is not FileKind.LITTER:
                _walk(Path(entry.path), name, (*above, here), collected)
        elif kind_of(name) is FileKind.LITTER:
            continue
        elif not entry.is_file():
            collected.unread[name] = (
                "The link leads nowhere." if entry.is_symlink() else "This is a device or pipe, not a file."
            )
        elif not os.access(entry.path, os.R_OK):
            collected.unread[name] = "The file cannot be read: Permission denied."
        else:
            collected.files[name] = Path(entry.path)


def _with_safe_names(files: dict[str, Path]) -> dict[str, Path]:
    """The same files; control characters, which no bucket takes, are replaced in their names."""
    safe = {name: path for name, path in files.items() if not _has_control_characters(name)}
    for name, path in files.items():
        if _has_control_characters(name):
            target, number = PurePosixPath(safe_path(name)), 1
            key = str(target)
            while key in safe:
                number += 1
                key = str(target.with_name(f"{target.stem}~{number}{target.suffix}"))
            safe[key] = path
    return safe


def _has_control_characters(name: str) -> bool:
    return any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in name)
