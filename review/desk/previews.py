"""What a person sees of a flagged image: as it came, both readings of a doubt, and closely where a limit broke."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from imaging import intermediate
from line.picture import Mask, Rgb
from line.settings import settings
from records.queries.review_queue import Flagged
from records.storage.bucket import bucket

ERASED = (255, 0, 255)
"""Colour of what would be erased, RGB: no product has it."""
DOUBTFUL, SURE, BROKEN = (255, 140, 0), (255, 0, 255), (220, 0, 0)
"""Colours of the outlines: a text in doubt, one likely to be an overlay, a place where a limit broke."""
LIKELY = 0.9
"""Probability of being an overlay from which a text is outlined as such."""
LONGEST = 1000
"""Long side of a panel in pixels; ``full`` ones are as they are."""
CLOSE = 240
"""Sides in pixels of what is shown closely, at the least; a third of it is around the place."""
QUALITY = 90
"""Of the JPEG that is shown."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of an image.

    Attributes:
        name: as its address has it.
        title: as a person reads it.
        draw: makes it, [H, W, 3] uint8 RGB.
    """

    name: str
    title: str
    draw: Callable[[Flagged], Rgb]


def panels(image: Flagged) -> list[Panel]:
    """The pictures that show what ``image`` was flagged for; none where it was never decoded."""
    if image.current is None:
        return [_AFTER] if image.proposal else []
    if image.is_edited:
        return [_BEFORE, _AFTER, *([_CLOSE_BEFORE, _CLOSE_AFTER] if _place(image) or image.mask else [])]
    if image.mask:
        return [_FOUND, _ERASED]
    return [_FOUND if image.regions else _BEFORE]


def jpeg(image: Flagged, name: str, *, full: bool = False) -> bytes | None:
    """The panel of that name as a file; None where the image has none."""
    there = [*panels(image), *([_PLAIN] if image.current else [])]
    known: Mapping[str, Panel] = {panel.name: panel for panel in there}
    if name not in known:
        return None
    rgb = known[name].draw(image)
    scale = LONGEST / max(rgb.shape[:2])
    if scale < 1 and not full:
        rgb = cast(Rgb, cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data[1].tobytes()


def _before(image: Flagged) -> Rgb:
    return _picture(image.current)


def _after(image: Flagged) -> Rgb:
    rgb = _picture(image.proposal)
    for reason in image.reasons:
        if reason.get("where"):
            x, y, wide, high = reason["where"]
            _outline(rgb, np.array([(x, y), (x + wide, y + high)]), BROKEN)
    return rgb


def _found(image: Flagged) -> Rgb:
    rgb = _picture(image.current)
    for region in image.regions:
        if "quad" in region:
            likely = float(region.get("overlay", 0)) >= LIKELY
            _outline(rgb, np.asarray(region["quad"]), SURE if likely else DOUBTFUL)
    return rgb


def _erased(image: Flagged) -> Rgb:
    rgb, mask = _picture(image.current), _mask(image)
    if mask.shape == rgb.shape[:2]:
        rgb[mask > 127] = ERASED
    return rgb


def _close_before(image: Flagged) -> Rgb:
    return _closely(image, _picture(image.current), _picture(image.proposal).shape)


def _close_after(image: Flagged) -> Rgb:
    rgb = _picture(image.proposal)
    return _closely(image, rgb, rgb.shape)


_BEFORE = Panel("before", "As it came", _before)
_PLAIN = Panel("plain", "To draw on", _before)
_AFTER = Panel("after", "As it would go on", _after)
_FOUND = Panel("found", "What was found", _found)
_ERASED = Panel("erased", "What would be erased", _erased)
_CLOSE_BEFORE = Panel("close-before", "Closely: as it came", _close_before)
_CLOSE_AFTER = Panel("close-after", "Closely: as it would go on", _close_after)


def _closely(image: Flagged, rgb: Rgb, of: tuple[int, ...]) -> Rgb:
    """The place where a limit broke, or the masked one, with what is around it.

    Args:
        of: shape of the picture in whose pixels the place is; ``rgb`` may have another.
    """
    place = _place(image) or _masked(image)
    if place is None:
        return rgb
    scale = rgb.shape[0] / of[0]
    x, y, wide, high = (side * scale for side in place)
    side = max(CLOSE * scale, 1.5 * max(wide, high))
    left, top = (int(max(0, low + length / 2 - side / 2)) for low, length in ((x, wide), (y, high)))
    part = np.ascontiguousarray(rgb[top : top + int(side), left : left + int(side)])
    enlarged = LONGEST / 2 / max(part.shape[:2])
    if enlarged <= 1:
        return part
    way = cv2.INTER_NEAREST if enlarged > 3 else cv2.INTER_CUBIC
    return cast(Rgb, cv2.resize(part, None, fx=enlarged, fy=enlarged, interpolation=way))


def _place(image: Flagged) -> tuple[float, float, float, float] | None:
    for reason in image.reasons:
        if reason.get("where"):
            x, y, wide, high = (float(side) for side in reason["where"])
            return x, y, wide, high
    return None


def _masked(image: Flagged) -> tuple[float, float, float, float] | None:
    points = cv2.findNonZero(_mask(image))
    if points is None:
        return None
    x, y, wide, high = cv2.boundingRect(points)
    return float(x), float(y), float(wide), float(high)


def _outline(rgb: Rgb, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw around a place, beside its pixels and not over them."""
    thick = max(2, round(max(rgb.shape[:2]) / 400))
    low, high = corners.min(axis=0) - 2 * thick, corners.max(axis=0) + 2 * thick
    inside = np.array(rgb.shape[1::-1]) - 1 - thick
    start, end = (np.rint(np.clip(corner, thick, inside)).astype(int).tolist() for corner in (low, high))
    cv2.rectangle(rgb, start, end, (255, 255, 255), thick + 2)
    cv2.rectangle(rgb, start, end, colour, thick)


def _picture(key: str | None) -> Rgb:
    return intermediate.decode_rgb(bucket(settings().bucket).get(str(key))).copy()


def _mask(image: Flagged) -> Mask:
    return intermediate.decode_mask(bucket(settings().bucket).get(str(image.mask)))
