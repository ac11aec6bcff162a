"""Which pictures of a flagged image the desk shows, by name and title; ``review.desk.drawing.drawings`` draws them."""

from dataclasses import dataclass
from typing import Final

from records.queries.review_queue import FlaggedImage

MAX_THUMBNAIL_SIDE: Final = 400
"""Maximum long side of a picture in the grid (pixels)."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One picture of an image.

    Attributes:
        name: last part of its URL.
        title: caption.
    """

    name: str
    title: str


BEFORE = Preview("before", "Before")
PLAIN = Preview("plain", "To draw on")
AFTER = Preview("after", "After")
FOUND = Preview("found", "Text that was found")
ERASED = Preview("erased", "All that would be erased, in colour")
UNCHANGED = Preview("after", "Nothing was changed")
CLOSEUP_BEFORE = Preview("close-before", "Close-up: before")
CLOSEUP_AFTER = Preview("close-after", "Close-up: after")


def previews(image: FlaggedImage) -> list[Preview]:
    """The pictures that show why ``image`` was flagged; empty if it was never decoded."""
    if image.current is None:
        return [AFTER] if image.proposal else []
    if image.is_ordered_result and not image.is_edited:
        return [UNCHANGED]
    if image.is_edited:
        closeups = [CLOSEUP_BEFORE, CLOSEUP_AFTER] if fault_box(image) or image.mask else []
        return [BEFORE, AFTER, *closeups]
    if image.mask:
        return [ERASED] if has_regions(image) else [FOUND, ERASED]
    return [] if has_regions(image) else [FOUND if image.regions else BEFORE]


def has_regions(image: FlaggedImage) -> bool:
    """Whether the regions are drawn over the picture, to be chosen by clicking."""
    is_undecided = image.current is not None and not image.is_edited and not image.is_ordered_result
    return is_undecided and image.size is not None and bool(image.regions)


def has_preview(image: FlaggedImage, name: str) -> bool:
    """Whether there is a picture of that name, shown or to draw on."""
    available = [*previews(image), *([PLAIN, FOUND] if image.current else [])]
    return any(preview.name == name for preview in available)


def fault_box(image: FlaggedImage) -> tuple[float, float, float, float] | None:
    """Left, top, width and height (pixels) of the place where a limit broke; None where it has no place."""
    for reason in image.reasons:
        if reason.get("where"):
            x, y, width, height = (float(side) for side in reason["where"])
            return x, y, width, height
    return None
