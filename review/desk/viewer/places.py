"""Places on a picture where a person should look first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from line.facts import RecordedRegion
from records.grid.severity import severity
from records.history.image_history import ImageHistory, RecordedRun
from records.queries.review_queue import FlaggedImage
from review.desk.viewer.sources import Source, SourceKind
from review.desk.wording import in_words


@dataclass(frozen=True, slots=True)
class Place:
    """A box on one picture.

    Attributes:
        picture: name of the picture, as :class:`review.desk.viewer.sources.Source` has it.
        box: left, top, width and height (pixels of that picture).
        text: what is there.
    """

    picture: str
    box: tuple[float, float, float, float]
    text: str


def places(history: ImageHistory, flagged: FlaggedImage | None) -> list[Place]:
    """The places to look at, the worst first: where limits broke, else the regions that a person is asked about."""
    run = next((run for run in reversed(history.runs) if _located(run)), None)
    is_current = run is not None and run.output is not None
    if is_current and run is not None and (flagged is None or flagged.judged == run.id):
        picture = Source(SourceKind.PICTURE, str(run.output)).name
        return _without_repetition(
            [Place(picture, _box(reason["where"]), in_words(reason["code"])) for reason in _located(run)]
        )
    return _of_regions(flagged) if flagged is not None and flagged.current else []


def _located(run: RecordedRun) -> list[Mapping[str, Any]]:
    """Broken limits with a place, the worst first."""
    return sorted(
        (reason for reason in run.reasons if reason.get("where")),
        key=lambda reason: severity([reason]),
        reverse=True,
    )


def _without_repetition(listed: Sequence[Place]) -> list[Place]:
    return list({(place.box, place.text): place for place in listed}.values())


def _of_regions(image: FlaggedImage) -> list[Place]:
    picture = Source(SourceKind.PICTURE, str(image.current)).name
    boxes = [(_region_box(region, image.size), region) for region in image.regions]
    return [
        Place(picture, box, "Logo, sticker or sign" if region.kind == "graphic" else "Text")
        for box, region in boxes
        if box is not None
    ]


def _region_box(
    region: RecordedRegion, size: tuple[int, int] | None
) -> tuple[float, float, float, float] | None:
    if region.quad:
        xs, ys = zip(*region.quad, strict=True)
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if region.box is None or size is None:
        return None
    left, top, right, bottom = region.box
    width, height = size
    return left * width, top * height, (right - left) * width, (bottom - top) * height


def _box(where: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, width, height = (float(side) for side in where)
    return left, top, width, height
