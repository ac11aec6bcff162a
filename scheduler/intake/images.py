"""The images of an upload, as they are to be recorded."""

from collections.abc import Collection, Iterator

from imaging.archives.name_encoding import decode_names
from line.filenames.name_bytes import percent_encoded, raw_bytes
from line.filenames.names import delivered_name, safe_path
from line.filenames.upload_files import FileKind, kind_of
from line.recipe import Recipe, file_of
from records.batches import NewImage
from records.storage.bucket import Bucket
from records.storage.listing import Listed
from scheduler.intake.archive import Archives
from scheduler.intake.listing import Upload, files_of
from scheduler.intake.ready_marker import ReadyMarker


class UploadImages:
    """Goes through an upload once: what is no picture is left out, what cannot be one is refused.

    Args:
        archives: opens an archive; its encoding also counts for the names in a folder.
        taken_before: (key, tag) of files that are left out, because an earlier batch has them.

    Attributes:
        sidecars: files left out that are no pictures; counted while iterating.
    """

    def __init__(
        self,
        store: Bucket,
        upload: Upload,
        marker: ReadyMarker,
        recipe: Recipe,
        *,
        archives: Archives,
        taken_before: Collection[tuple[str, str]] = (),
    ) -> None:
        self._store, self._upload, self._unread = store, upload, marker.unread
        self._extension = file_of(recipe)
        self._archives, self._taken_before = archives, taken_before
        self.sidecars = 0

    def __iter__(self) -> Iterator[NewImage]:
        self.sidecars = 0
        yield from self._of_archive() if self._upload.is_archive else self._of_folder()
        for name, sentence in self._unread.items():
            source = f"{self._upload.prefix}/{name}"
            yield NewImage(name, source, 0, self._file(name), reason="unreadable", sentence=sentence)

    def _of_archive(self) -> Iterator[NewImage]:
        """Unpacks the archive into the bucket on the way."""
        for entry in self._archives.entries(self._store, self._upload.prefix):
            if kind_of(entry.name) is FileKind.SIDECAR:
                self.sidecars += 1
                continue
            yield NewImage(
                entry.name,
                entry.key,
                entry.size,
                self._file(entry.name),
                entry.reason,
                entry.sentence,
                raw_name=entry.raw_name,
            )

    def _of_folder(self) -> Iterator[NewImage]:
        names = self._foreign_names()
        for item in files_of(self._store, self._upload):
            if (item.key, item.tag) in self._taken_before:
                continue
            key_name = item.key.removeprefix(f"{self._upload.prefix}/")
            kind = kind_of(key_name)
            if kind is FileKind.SIDECAR:
                self.sidecars += 1
                continue
            name = names.get(key_name, key_name)
            yield NewImage(
                name,
                item.key,
                item.size,
                self._file(name),
                *_refusal(item, kind),
                tag=item.tag,
                raw_name=raw_bytes(key_name),
            )

    def _foreign_names(self) -> dict[str, str]:
        """The names that are no UTF-8 as text, by what stands for them in keys; unique within the upload."""
        raw_names: dict[str, bytes] = {}
        for item in files_of(self._store, self._upload):
            key_name = item.key.removeprefix(f"{self._upload.prefix}/")
            if (raw := raw_bytes(key_name)) is not None:
                raw_names[key_name] = raw
        names: dict[str, str] = {}
        for (key_name, raw), name in zip(
            raw_names.items(), decode_names(list(raw_names.values()), self._archives.encoding), strict=True
        ):
            is_used = name in names.values() or self._store.find(f"{self._upload.prefix}/{name}") is not None
            names[key_name] = percent_encoded(raw) if is_used else name
        return names

    def _file(self, name: str) -> str:
        return safe_path(delivered_name(name, self._extension))


def _refusal(item: Listed, kind: FileKind) -> tuple[str, str]:
    """Reason and sentence why a file is refused before anybody opens it; empty where it is not."""
    if item.problem:
        return "unreadable", item.problem
    if kind is FileKind.TEMPORARY:
        return "incomplete_transfer", "A transfer program had not finished this file; please send it again."
    return "", ""
