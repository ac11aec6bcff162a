"""The regions of a doubtful image as shapes that a person clicks to choose what is erased."""

from dataclasses import dataclass

from line.facts import RecordedRegion
from records.queries.review_queue import FlaggedImage

MIN_CHOSEN = 0.5
"""Minimum probability of being an overlay with which a region is chosen at first (0..1)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One region over the picture.

    Attributes:
        points: corners in pixels, as an SVG polygon takes them.
        words: what the line takes it for.
    """

    index: int
    points: str
    words: str
    is_chosen: bool


def shapes(image: FlaggedImage) -> list[Shape]:
    """The regions of ``image``, whose size must be known."""
    width, height = image.size or (0, 0)
    return [
        Shape(
            index=index,
            points=" ".join(f"{x},{y}" for x, y in _corners(region, width, height)),
            words=_words(region),
            is_chosen=region.overlay >= MIN_CHOSEN,
        )
        for index, region in enumerate(image.regions)
    ]


def _corners(region: RecordedRegion, width: int, height: int) -> list[tuple[int, int]]:
    if region.quad or region.box is None:
        return list(region.quad)
    left, top, right, bottom = region.box
    sides = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [(round(x * width), round(y * height)) for x, y in sides]


def _words(region: RecordedRegion) -> str:
    what = "logo, sticker or sign" if region.kind == "graphic" else "text"
    if region.template is not None:
        return f"{what}, on a confirmed template of the vendor"
    return f"{what}, {region.overlay:.0%} likely to be an overlay"
