"""What lies in the ingest bucket: uploads, and files that belong to none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from imaging.archives.suffixes import ARCHIVES_TAKEN, is_archive, is_unopened_archive
from line.errors import ServiceError
from line.filenames.upload_files import FileKind, kind_of
from records.storage.bucket import Bucket
from scheduler.intake.listing import ARRIVING_MARKER, INGEST, READY_MARKER, Upload, named

MAX_SINGLE: Final = 10
"""Maximum number of files of one folder that are reported one by one."""


@dataclass(slots=True)
class IngestContents:
    """What lies in the ingest bucket.

    Attributes:
        uploads: every one there is, complete or not.
        problems: a sentence for every file that belongs to no upload and for each folder that cannot be listed, by key.
        waiting: likewise for files that a transfer program is still writing.
        unlisted: the vendors' folders that cannot be listed.
    """

    uploads: list[Upload] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)


def contents(store: Bucket) -> IngestContents:
    """Look at the ingest folder and at each vendor's folder, each by one listing.

    Raises:
        ServiceError: the ingest folder itself cannot be listed.
    """
    listing = IngestContents()
    top = store.level(INGEST)
    _report(INGEST, top.files, _archives(top.files), listing)
    for vendor in filter(_is_kept_folder, top.folders):
        try:
            level = store.level(vendor)
        except ServiceError as error:
            listing.problems[vendor] = str(error)
            listing.unlisted.add(vendor)
            continue
        archives = _archives(level.files)
        listing.uploads += [Upload(key, is_archive=False) for key in level.folders if _is_kept_folder(key)]
        listing.uploads += [Upload(key, is_archive=True) for key in level.files if key in archives]
        _report(vendor, (key for key in level.files if key not in archives), archives, listing)
    return listing


def _report(folder: str, files: Iterable[str], archives: set[str], listing: IngestContents) -> None:
    loose: list[str] = []
    for key in files:
        name = PurePosixPath(key).name
        archive, dot, marker = key.rpartition(".")
        if kind_of(name) is FileKind.LITTER or (
            dot and marker in (READY_MARKER, ARRIVING_MARKER) and archive in archives
        ):
            continue
        if kind_of(name) is FileKind.TEMPORARY:
            listing.waiting[key] = "still being transferred"
        elif is_unopened_archive(name):
            listing.problems[key] = (
                f"archives of this kind are not opened; send {ARCHIVES_TAKEN}, or a folder"
            )
        elif dot and marker == READY_MARKER:
            listing.problems[key] = f"a marker without its upload: there is no {archive}"
        elif dot and marker == ARRIVING_MARKER:
            listing.waiting[key] = "`sluice submit` is copying it"
        else:
            loose.append(key)
    where = f"{folder}/VENDOR/UPLOAD/" if folder == INGEST else f"{folder}/UPLOAD/"
    if len(loose) > MAX_SINGLE:
        names = named([PurePosixPath(key).name for key in loose], len(loose))
        listing.problems[folder] = (
            f"{len(loose):,} files lie in no upload ({names}); put them into a folder {where}"
        )
        return
    for key in loose:
        listing.problems[key] = f"lies in no upload; put it into a folder {where}"


def _is_kept_folder(key: str) -> bool:
    """Whether it is no folder that an operating system or a file server made for itself."""
    return kind_of(f"{PurePosixPath(key).name}/x") is FileKind.PICTURE


def _archives(keys: Iterable[str]) -> set[str]:
    return {key for key in keys if _is_archive_upload(key)}


def _is_archive_upload(key: str) -> bool:
    name = PurePosixPath(key).name
    return is_archive(name) and kind_of(name) is FileKind.PICTURE
