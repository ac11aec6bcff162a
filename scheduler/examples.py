"""What a person is shown of a vendor template, and what it looks like, taken from some photos' pixels."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.photo import intermediate
from line.picture import Rgb
from line.settings import settings
from records.bucket import Bucket, MissingObjectError, bucket
from records.places import Box, Example
from records.templates import Proposal
from tasks.overlay.stamp import ONE_INK, RIM, as_text, canvas, corners
from tasks.overlay.strokes import find_strokes

log = logging.getLogger(__name__)

SHOWN = 3
"""Photos whose crops are kept for a person."""
AROUND = 2.5
"""What is shown around a text on each side, in its heights."""
CROP_SIDE = 900
"""Longest side of a crop in pixels."""
HEIGHT, GAP = 240, 12
"""Height of the crops and of the space between them when they stand side by side."""
MARK = (0, 120, 255)
"""Colour of the outline, RGB."""


def with_examples(store: Bucket, proposal: Proposal, examples: Sequence[Example]) -> Proposal:
    """The proposal with the look and ink of its text, and with crops kept in the bucket."""
    shown: list[dict[str, Any]] = []
    looks, inks = [], []
    for example in examples:
        try:
            rgb = intermediate.decode_rgb(store.get(example.picture))
        except (MissingObjectError, intermediate.IntermediateError) as error:
            log.warning("image %d cannot serve as an example: %s", example.image, error)
            continue
        looks.append(canvas(rgb, example.box, RIM))
        inks.append(find_strokes(rgb, corners(rgb, example.box)).ink())
        if len(shown) < SHOWN:
            shown.append({"image": example.image, "name": example.name} | _crop(store, rgb, example.box))
    shapes = [look.shape for look in looks]
    alike = [look for look in looks if look.shape == max(set(shapes), key=shapes.count)]
    look = as_text(np.mean(alike, axis=0)) if alike else None
    return replace(proposal, ink=_one_ink(inks), look=look, examples=tuple(shown))


def side_by_side(examples: Sequence[Mapping[str, Any]]) -> Rgb:
    """The crops of a template's examples, [H, W, 3] uint8, each with the text outlined."""
    store = bucket(settings().bucket)
    parts: list[Rgb] = []
    for example in examples:
        bgr = cv2.imdecode(np.frombuffer(store.get(example["crop"]), np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise intermediate.IntermediateError(f"{example['crop']} is no picture")
        left, top, right, bottom = example["box"]
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        scale = HEIGHT / rgb.shape[0]
        rgb = cv2.resize(rgb, (max(1, round(rgb.shape[1] * scale)), HEIGHT), interpolation=cv2.INTER_AREA)
        low = (round(left * scale) - 3, round(top * scale) - 3)
        high = (round(right * scale) + 3, round(bottom * scale) + 3)
        parts += [cast(Rgb, cv2.rectangle(rgb, low, high, MARK, 2)), np.full((HEIGHT, GAP, 3), 255, np.uint8)]
    return np.concatenate(parts[:-1], axis=1) if parts else np.full((HEIGHT, HEIGHT, 3), 255, np.uint8)


def _crop(store: Bucket, rgb: Rgb, box: Box) -> dict[str, Any]:
    """Keep the text with what is around it; answers its key and the text's box in pixels of the crop."""
    high, wide = rgb.shape[:2]
    left, top, right, bottom = np.array(box) * (wide, high, wide, high)
    margin = AROUND * max(bottom - top, 12)
    x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
    part = rgb[y0 : min(high, int(bottom + margin) + 1), x0 : min(wide, int(right + margin) + 1)]
    scale = min(1.0, CROP_SIDE / max(part.shape[:2]))
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = cast(Rgb, cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    data = cv2.imencode(".png", cv2.cvtColor(part, cv2.COLOR_RGB2BGR))[1].tobytes()
    inside = [round(float(value) * scale) for value in (left - x0, top - y0, right - x0, bottom - y0)]
    return {"crop": store.keep(data, ".png"), "box": inside}


def _one_ink(inks: Sequence[NDArray[np.float32] | None]) -> tuple[int, int, int] | None:
    """The colour that most photos agree on, if they do: a half transparent stamp takes up its ground's."""
    known = np.array([ink for ink in inks if ink is not None])
    if len(known) < max(1, len(inks) / 2):
        return None
    middle = np.median(known, axis=0)
    if np.median(np.linalg.norm(known - middle, axis=1)) > ONE_INK / 2:
        return None
    red, green, blue = (round(float(value)) for value in middle)
    return red, green, blue
