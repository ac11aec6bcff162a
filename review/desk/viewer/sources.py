"""The pictures of an image that can be looked at, from admission to the delivered file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from records.history.image_history import ImageHistory, RecordedRun
from review.desk.viewer.step_words import after_step, step_name

ADMITS = "admit"


class SourceKind(StrEnum):
    """How the bytes of a picture are read."""

    PICTURE = "picture"
    MASK = "mask"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """What tiles are cut from.

    Attributes:
        key: of the object in its bucket.
        bucket: URL of the bucket; empty for the line's.
        digest: part of the name that changes with the content, where the key does not.
    """

    kind: SourceKind
    key: str
    bucket: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Name in URLs; it changes with the content, so tiles may be cached for good."""
        text = "\n".join((self.kind, self.bucket, self.key, self.digest))
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class ImagePicture:
    """One picture of an image.

    Attributes:
        run: id of the run of a step that made it; 0 if none did.
    """

    source: Source
    title: str
    run: int = 0

    @property
    def name(self) -> str:
        return self.source.name


def pictures(history: ImageHistory) -> list[ImagePicture]:
    """The pictures of an image without repetition, from the first to the last; earlier runs come at the end."""
    by_key: dict[str, ImagePicture] = {}
    for picture in _all(history):
        by_key.setdefault(picture.source.key, picture)
    return list(by_key.values())


def delivered(history: ImageHistory) -> ImagePicture | None:
    """The delivered file; None where none is delivered."""
    if history.file is None:
        return None
    last = history.runs[-1] if history.runs else None
    source = Source(SourceKind.FILE, history.file, history.out, f"{last.id} {last.at}" if last else "")
    return ImagePicture(source, "Delivered file", last.id if last else 0)


def mask(key: str | None) -> Source | None:
    """Where a mask lies."""
    return Source(SourceKind.MASK, key) if key else None


def find(history: ImageHistory, name: str) -> Source | None:
    """The picture or mask of that name."""
    masks = [mask(history.mask)]
    sources = [*(picture.source for picture in pictures(history)), *masks]
    return next((source for source in sources if source is not None and source.name == name), None)


def _all(history: ImageHistory) -> Iterator[ImagePicture]:
    newest = history.newest_runs
    for run in newest:
        yield from _of_run(run, "")
    if file := delivered(history):
        yield file
    for key, title in ((history.proposal, "Proposed result"), (history.current, "As it stands")):
        if key is not None:
            yield ImagePicture(Source(SourceKind.PICTURE, key), title)
    for run in history.runs:
        if run not in newest:
            yield from _of_run(run, ", earlier run")


def _of_run(run: RecordedRun, addition: str) -> Iterator[ImagePicture]:
    """What came to a step, in case that no step before it is recorded, and what it made of it."""
    if run.input is not None:
        source = Source(SourceKind.PICTURE, run.input)
        yield ImagePicture(source, f"Before: {step_name(run.transform)}{addition}")
    if run.output is not None:
        source = Source(SourceKind.PICTURE, run.output)
        yield ImagePicture(source, after_step(run.transform) + addition, run.id)
