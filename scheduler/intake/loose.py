"""What lies in the ingest bucket: uploads, and files that belong to none."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from imaging.archives.suffixes import ARCHIVES_TAKEN, is_archive, is_unopened_archive
from line.errors import ServiceError
from line.upload_files import FileKind, kind_of
from records.storage.bucket import Bucket
from scheduler.intake.listing import ARRIVING_MARKER, INGEST, READY_MARKER, Upload, named

log = logging.getLogger(__name__)

MAX_SINGLE: Final = 10
"""Maximum number of files of one folder that are reported one by one."""


def uploads(store: Bucket) -> Iterator[Upload]:
    """Every upload there is, complete or not."""
    for vendor in vendors(store):
        try:
            folders, files = store.folders(vendor), store.files(vendor)
        except ServiceError as error:
            log.warning("%s cannot be listed: %s", vendor, error)
            continue
        for folder in folders:
            if kind_of(f"{PurePosixPath(folder).name}/x") is FileKind.PICTURE:
                yield Upload(folder, is_archive=False)
        for key in files:
            if _is_archive_upload(key):
                yield Upload(key, is_archive=True)


def vendors(store: Bucket) -> list[str]:
    """The folders of the vendors, as keys."""
    return [
        folder
        for folder in store.folders(INGEST)
        if kind_of(f"{PurePosixPath(folder).name}/x") is FileKind.PICTURE
    ]


def loose_files(store: Bucket, waiting: dict[str, str]) -> dict[str, str]:
    """A sentence for every file that belongs to no upload, by its key.

    Args:
        waiting: gets those that a transfer program is still writing, likewise.
    """
    problems: dict[str, str] = {}
    for folder in [INGEST, *vendors(store)]:
        try:
            files = store.files(folder)
        except ServiceError as error:
            problems[folder] = str(error)
            continue
        archives = {key for key in files if _is_archive_upload(key)}
        _report(
            folder,
            (key for key in files if folder == INGEST or key not in archives),
            archives,
            problems,
            waiting,
        )
    return problems


def _report(
    folder: str, files: Iterable[str], archives: set[str], problems: dict[str, str], waiting: dict[str, str]
) -> None:
    loose: list[str] = []
    for key in files:
        name = PurePosixPath(key).name
        archive, dot, marker = key.rpartition(".")
        if kind_of(name) is FileKind.LITTER or (
            dot and marker in (READY_MARKER, ARRIVING_MARKER) and archive in archives
        ):
            continue
        if kind_of(name) is FileKind.TEMPORARY:
            waiting[key] = "still being transferred"
        elif is_unopened_archive(name):
            problems[key] = f"archives of this kind are not opened; send {ARCHIVES_TAKEN}, or a folder"
        elif dot and marker == READY_MARKER:
            problems[key] = f"a marker without its upload: there is no {archive}"
        elif dot and marker == ARRIVING_MARKER:
            waiting[key] = "`sluice submit` is copying it"
        else:
            loose.append(key)
    where = f"{folder}/VENDOR/UPLOAD/" if folder == INGEST else f"{folder}/UPLOAD/"
    if len(loose) > MAX_SINGLE:
        names = named([PurePosixPath(key).name for key in loose], len(loose))
        problems[folder] = f"{len(loose):,} files lie in no upload ({names}); put them into a folder {where}"
        return
    for key in loose:
        problems[key] = f"lies in no upload; put it into a folder {where}"


def _is_archive_upload(key: str) -> bool:
    name = PurePosixPath(key).name
    return is_archive(name) and kind_of(name) is FileKind.PICTURE
