"""Pictures of a flagged image: before and after the step, the text that was found, and close-ups of faults."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import cv2
import numpy as np

from imaging import intermediate
from line.errors import InputError
from line.picture import Mask, Rgb
from line.recipe import Recipe, shipped
from models.task import Task
from records.queries.review_queue import FlaggedImage
from records.rollouts.rollout import NewRollout
from records.storage.bucket import Bucket
from review.desk import previews
from review.desk.drawing.limits import gate_limits
from review.desk.drawing.masks import built_mask, tinted
from review.desk.drawing.stored import jpeg, stored_jpeg
from review.desk.drawing.strokes import stroke_mask
from review.desk.drawing.tiles import cut_tiles
from review.experiments import new_rollout as new_rollouts
from scheduler.drawn_mask import keep_mask
from tasks.context import Context
from tasks.templates.previews import side_by_side

__all__ = [
    "built_mask",
    "compared_jpeg",
    "cut_tiles",
    "fill_models",
    "gate_limits",
    "keep_mask",
    "new_rollout",
    "preview_jpeg",
    "recipe",
    "rollout_candidates",
    "stored_jpeg",
    "stroke_mask",
    "template_png",
    "thumbnail_jpeg",
]

UNCERTAIN_COLOUR, OVERLAY_COLOUR, FAULT_COLOUR = (255, 140, 0), (255, 0, 255), (220, 0, 0)
"""RGB outlines of uncertain text, of text that is probably an overlay, and of a place where a limit broke."""
MIN_OVERLAY_PROBABILITY = 0.9
"""Minimum probability to outline text as an overlay (0..1)."""
MAX_PREVIEW_SIDE = 1000
"""Maximum long side of a preview that is not requested at full size (pixels)."""
MIN_CLOSEUP_SIDE = 240
"""Minimum side of the area that a close-up shows (pixels of the picture)."""
COMPARED_JPEG_QUALITY = 97


def preview_jpeg(context: Context, image: FlaggedImage, name: str, full: bool) -> bytes:
    """The preview called ``name`` as a JPEG file, at most ``MAX_PREVIEW_SIDE`` pixels long unless ``full``."""
    rgb = _DRAW[name](context.bucket, image)
    return jpeg(rgb, None if full else MAX_PREVIEW_SIDE)


def thumbnail_jpeg(context: Context, image: FlaggedImage, name: str) -> bytes:
    """The preview called ``name`` as a small JPEG file."""
    return jpeg(_DRAW[name](context.bucket, image), previews.MAX_THUMBNAIL_SIDE)


def template_png(context: Context, examples: Sequence[Mapping[str, Any]]) -> bytes:
    """A template on its example photos, with what would be erased below each, as a PNG file."""
    rgb = side_by_side(context.bucket, examples)
    return cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def fill_models(context: Context) -> list[str]:
    """Names of the models that can fill a mask, and whose weights and packages are there."""
    models = context.model_registry.models.items()
    return sorted(name for name, model in models if model.task is Task.FILL and not model.missing())


def recipe(context: Context, name: str) -> Recipe:
    """A recipe that comes with the line, checked; by its name only, because a page must not open files.

    Raises:
        InputError: no recipe of that name comes with the line.
    """
    if name not in shipped():
        raise InputError(f"there is no recipe {name}; choose one of {', '.join(shipped())}")
    return context.recipe(name)


def compared_jpeg(context: Context, key: str) -> bytes:
    """A stored picture as a JPEG file at its own size, with fine colours: two of them are to be compared."""
    rgb = _picture(context.bucket, key)
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        COMPARED_JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)[1].tobytes()


def new_rollout(context: Context, recipe_name: str, options: Mapping[str, Any]) -> NewRollout:
    """A rollout at a step of a recipe that comes with the line; see :mod:`review.experiments.new_rollout`."""
    return new_rollouts.new_rollout(context, recipe(context, recipe_name).name, **options)


def rollout_candidates(context: Context) -> dict[str, list[str]]:
    """Models that are ready, by each step in which a rollout may try them."""
    return new_rollouts.candidates(context)


def _plain(store: Bucket, image: FlaggedImage) -> Rgb:
    return _picture(store, image.current)


def _before(store: Bucket, image: FlaggedImage) -> Rgb:
    return _picture(store, image.before)


def _after(store: Bucket, image: FlaggedImage) -> Rgb:
    rgb = _picture(store, image.proposal)
    for reason in image.reasons:
        if reason.get("where"):
            x, y, width, height = reason["where"]
            _outline(rgb, np.array([(x, y), (x + width, y + height)]), FAULT_COLOUR)
    return rgb


def _text(store: Bucket, image: FlaggedImage) -> Rgb:
    rgb = _picture(store, image.current)
    for region in image.regions:
        if region.quad:
            is_overlay = region.overlay >= MIN_OVERLAY_PROBABILITY
            _outline(rgb, np.asarray(region.quad), OVERLAY_COLOUR if is_overlay else UNCERTAIN_COLOUR)
    return rgb


def _masked_picture(store: Bucket, image: FlaggedImage) -> Rgb:
    rgb, mask = _picture(store, image.current), _mask(store, image)
    return tinted(rgb, mask) if mask.shape == rgb.shape[:2] else rgb


def _closeup_before(store: Bucket, image: FlaggedImage) -> Rgb:
    return _closeup(store, image, _picture(store, image.before), _picture(store, image.proposal).shape)


def _closeup_after(store: Bucket, image: FlaggedImage) -> Rgb:
    rgb = _picture(store, image.proposal)
    return _closeup(store, image, rgb, rgb.shape)


_DRAW: Mapping[str, Callable[[Bucket, FlaggedImage], Rgb]] = {
    previews.BEFORE.name: _before,
    previews.PLAIN.name: _plain,
    previews.AFTER.name: _after,
    previews.FOUND.name: _text,
    previews.ERASED.name: _masked_picture,
    previews.CLOSEUP_BEFORE.name: _closeup_before,
    previews.CLOSEUP_AFTER.name: _closeup_after,
}
"""What draws a preview, by its name; [H, W, 3] uint8 RGB."""


def _closeup(store: Bucket, image: FlaggedImage, rgb: Rgb, box_shape: tuple[int, ...]) -> Rgb:
    """The part of ``rgb`` around the place where a limit broke, or around the mask; enlarged if it is small.

    Args:
        box_shape: shape of the picture in whose pixels that place is given; ``rgb`` may have another size.
    """
    place = previews.fault_box(image) or _mask_box(store, image)
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


def _mask_box(store: Bucket, image: FlaggedImage) -> tuple[float, float, float, float] | None:
    points = cv2.findNonZero(_mask(store, image))
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


def _picture(store: Bucket, key: str | None) -> Rgb:
    return intermediate.decode_rgb(store.get(str(key))).copy()


def _mask(store: Bucket, image: FlaggedImage) -> Mask:
    return intermediate.decode_mask(store.get(str(image.mask)))
