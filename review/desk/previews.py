"""Pictures of a flagged image: before and after the step, the text that was found, and close-ups of faults."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from imaging import intermediate
from line.picture import Mask, Rgb
from line.settings import settings
from records.queries.review_queue import FlaggedImage
from records.storage.bucket import bucket

MASK_COLOUR = (255, 0, 255)
"""RGB fill of the area to erase; hardly any product has this colour."""
UNCERTAIN_COLOUR, OVERLAY_COLOUR, FAULT_COLOUR = (255, 140, 0), (255, 0, 255), (220, 0, 0)
"""RGB outlines of uncertain text, of text that is probably an overlay, and of a place where a limit broke."""
MIN_OVERLAY_PROBABILITY = 0.9
"""Minimum probability to outline text as an overlay (0..1)."""
MAX_PREVIEW_SIDE = 1000
"""Maximum long side of a preview that is not requested at full size (pixels)."""
MIN_CLOSEUP_SIDE = 240
"""Minimum side of the area that a close-up shows (pixels of the picture)."""
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Preview:
    """One picture of an image.

    Attributes:
        name: last part of its URL.
        title: caption.
        draw: returns the picture, [H, W, 3] uint8 RGB.
    """

    name: str
    title: str
    draw: Callable[[FlaggedImage], Rgb]


def previews(image: FlaggedImage) -> list[Preview]:
    """The pictures that show why ``image`` was flagged; empty if it was never decoded."""
    if image.current is None:
        return [_AFTER] if image.proposal else []
    if image.is_edited:
        return [
            _BEFORE,
            _AFTER,
            *([_CLOSEUP_BEFORE, _CLOSEUP_AFTER] if _fault_box(image) or image.mask else []),
        ]
    if image.mask:
        return [_FOUND, _ERASED]
    return [_FOUND if image.regions else _BEFORE]


def jpeg(image: FlaggedImage, name: str, *, full: bool = False) -> bytes | None:
    """The preview called ``name`` as a JPEG file; None if the image has no such preview."""
    available = [*previews(image), *([_PLAIN] if image.current else [])]
    preview = next((preview for preview in available if preview.name == name), None)
    if preview is None:
        return None
    rgb = preview.draw(image)
    scale = MAX_PREVIEW_SIDE / max(rgb.shape[:2])
    if scale < 1 and not full:
        rgb = cast(Rgb, cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return data.tobytes()


def _before(image: FlaggedImage) -> Rgb:
    return _picture(image.current)


def _after(image: FlaggedImage) -> Rgb:
    rgb = _picture(image.proposal)
    for reason in image.reasons:
        if reason.get("where"):
            x, y, width, height = reason["where"]
            _outline(rgb, np.array([(x, y), (x + width, y + height)]), FAULT_COLOUR)
    return rgb


def _text(image: FlaggedImage) -> Rgb:
    rgb = _picture(image.current)
    for region in image.regions:
        if region.quad:
            is_overlay = region.overlay >= MIN_OVERLAY_PROBABILITY
            _outline(rgb, np.asarray(region.quad), OVERLAY_COLOUR if is_overlay else UNCERTAIN_COLOUR)
    return rgb


def _masked_picture(image: FlaggedImage) -> Rgb:
    rgb, mask = _picture(image.current), _mask(image)
    if mask.shape == rgb.shape[:2]:
        rgb[mask > 127] = MASK_COLOUR
    return rgb


def _closeup_before(image: FlaggedImage) -> Rgb:
    return _closeup(image, _picture(image.current), _picture(image.proposal).shape)


def _closeup_after(image: FlaggedImage) -> Rgb:
    rgb = _picture(image.proposal)
    return _closeup(image, rgb, rgb.shape)


_BEFORE = Preview("before", "Before", _before)
_PLAIN = Preview("plain", "To draw on", _before)
_AFTER = Preview("after", "After", _after)
_FOUND = Preview("found", "Text that was found", _text)
_ERASED = Preview("erased", "What would be erased", _masked_picture)
_CLOSEUP_BEFORE = Preview("close-before", "Close-up: before", _closeup_before)
_CLOSEUP_AFTER = Preview("close-after", "Close-up: after", _closeup_after)


def _closeup(image: FlaggedImage, rgb: Rgb, box_shape: tuple[int, ...]) -> Rgb:
    """The part of ``rgb`` around the place where a limit broke, or around the mask; enlarged if it is small.

    Args:
        box_shape: shape of the picture in whose pixels that place is given; ``rgb`` may have another size.
    """
    place = _fault_box(image) or _mask_box(image)
    if place is None:
        return rgb
    scale = rgb.shape[0] / box_shape[0]
    x, y, width, height = (side * scale for side in place)
    side = max(MIN_CLOSEUP_SIDE * scale, 1.5 * max(width, height))
    left, top = (int(max(0, low + length / 2 - side / 2)) for low, length in ((x, width), (y, height)))
    part = np.ascontiguousarray(rgb[top : top + int(side), left : left + int(side)])
    factor = MAX_PREVIEW_SIDE / 2 / max(part.shape[:2])
    if factor <= 1:
        return part
    interpolation = cv2.INTER_NEAREST if factor > 3 else cv2.INTER_CUBIC
    return cast(Rgb, cv2.resize(part, None, fx=factor, fy=factor, interpolation=interpolation))


def _fault_box(image: FlaggedImage) -> tuple[float, float, float, float] | None:
    for reason in image.reasons:
        if reason.get("where"):
            x, y, width, height = (float(side) for side in reason["where"])
            return x, y, width, height
    return None


def _mask_box(image: FlaggedImage) -> tuple[float, float, float, float] | None:
    points = cv2.findNonZero(_mask(image))
    if points is None:
        return None
    x, y, width, height = cv2.boundingRect(points)
    return float(x), float(y), float(width), float(height)


def _outline(rgb: Rgb, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw a rectangle around ``corners`` ([N, 2], x and y) in place, outside the pixels they enclose."""
    thick = max(2, round(max(rgb.shape[:2]) / 400))
    low, high = corners.min(axis=0) - 2 * thick, corners.max(axis=0) + 2 * thick
    inside = np.array(rgb.shape[1::-1]) - 1 - thick
    start, end = (np.rint(np.clip(corner, thick, inside)).astype(int).tolist() for corner in (low, high))
    cv2.rectangle(rgb, start, end, (255, 255, 255), thick + 2)
    cv2.rectangle(rgb, start, end, colour, thick)


def _picture(key: str | None) -> Rgb:
    return intermediate.decode_rgb(bucket(settings().bucket).get(str(key))).copy()


def _mask(image: FlaggedImage) -> Mask:
    return intermediate.decode_mask(bucket(settings().bucket).get(str(image.mask)))
