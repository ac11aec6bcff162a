"""What a person is shown of a vendor template, and what it looks like, learnt from some photos' pixels."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging import intermediate
from line.facts import Box
from line.picture import Rgb
from models.contract import OverlaySegmenter
from overlay.erasure_mask import draw_mask
from overlay.regions import OverlayRegion, find_regions
from overlay.templates.mark_learning import MARGIN, learn
from overlay.templates.mark_learning import Example as Photo
from overlay.templates.recurring import MIN_PHOTOS
from overlay.templates.vendor_overlay import MAX_INK_DISTANCE, Mark
from records.queries.text_locations import Example
from records.storage.bucket import Bucket, MissingObjectError
from records.templates import Proposal

log = logging.getLogger(__name__)

SHOWN = 3
"""Photos whose crops are kept for a person."""
AROUND = 2.5
"""What is shown around a text on each side, in its heights."""
LONG_SIDE = 1600
"""Pixels to which larger photos are shrunk before a mark is learnt from them."""
CROP_SIDE = 900
"""Longest side of a crop in pixels."""
HEIGHT, GAP = 240, 12
"""Height of the crops and of the space between them when they stand side by side."""
FOUND_AGAIN = 0.75
"""Share of the photos that a mark was learnt from on which it must be found: one is on nearly all."""
MARK, ERASED = (0, 120, 255), (255, 0, 255)
"""Colours of the outline and of what would be erased, RGB."""


def with_examples(
    store: Bucket,
    proposal: Proposal,
    examples: Sequence[Example],
    segmenter: OverlaySegmenter,
    limit: int,
) -> Proposal | None:
    """The proposal with the ink of its text, the whole overlay, and with crops kept in the bucket.

    None where the photos have but the place in common: other letters in other inks, such as a poster's titles.

    Args:
        segmenter: sees each photo at ``limit`` pixels.
    """
    photos: list[tuple[Photo, Example]] = []
    inks = []
    for example in examples:
        try:
            rgb = intermediate.decode_rgb(store.get(example.picture))
        except (MissingObjectError, intermediate.IntermediateError) as error:
            log.warning(
                "image %d cannot serve as an example: %s",
                example.image,
                error,
                extra={"image": example.image},
            )
            continue
        photo, region = _photo(_small(rgb), example.box, segmenter, limit)
        photos.append((photo, example))
        inks.append(None if region is None else region.colour(photo.rgb))
    mark = _mark([photo for photo, _ in photos]) if len(photos) >= MIN_PHOTOS else None
    ink = _one_ink(inks)
    if len(photos) >= MIN_PHOTOS and mark is None and ink is None:
        return None
    shown = tuple(
        {"image": example.image, "name": example.name} | _crop(store, photo.rgb, example.box, mark)
        for photo, example in photos[:SHOWN]
    )
    return replace(proposal, ink=ink, mark=mark.as_fact() if mark else None, examples=shown)


def _photo(rgb: Rgb, box: Box, segmenter: OverlaySegmenter, limit: int) -> tuple[Photo, OverlayRegion | None]:
    """A photo with the overlays at a place as the network sees them, and its region there if it sees one."""
    maps = segmenter.segment(rgb, limit=limit)
    regions = find_regions(maps, rgb)
    place = _pixels(rgb, box)
    around = place + MARGIN * min(place[2] - place[0], place[3] - place[1]) * np.array([-1, -1, 1, 1])
    region = max(regions, key=lambda region: _shared(region, place), default=None)
    if region is not None and _shared(region, place) == 0:
        region = None
    mask = draw_mask(rgb, maps, [region for region in regions if _shared(region, around) > 0], segmenter)
    return Photo(rgb, box, mask, 1.0 if region is None else region.opacity), region


def _shared(region: OverlayRegion, place: NDArray[np.float64]) -> float:
    """Area that a region's box has in common with a place (left, top, right, bottom), pixels."""
    low, high = np.maximum(region.quad[0], place[:2]), np.minimum(region.quad[2], place[2:])
    return float(np.clip(high - low, 0, None).prod())


def side_by_side(store: Bucket, examples: Sequence[Mapping[str, Any]]) -> Rgb:
    """The crops of a template's examples, [H, W, 3] uint8, each with the text outlined.

    Below each, where it is known, stands the same crop with all that would be erased in one colour.
    """
    parts: list[Rgb] = []
    for example in examples:
        rgb = cast(Rgb, cv2.cvtColor(_read(store, example["crop"], cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
        left, top, right, bottom = example["box"]
        scale = HEIGHT / rgb.shape[0]
        size = (max(1, round(rgb.shape[1] * scale)), HEIGHT)
        small = cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
        low = (round(left * scale) - 3, round(top * scale) - 3)
        high = (round(right * scale) + 3, round(bottom * scale) + 3)
        column = [cast(Rgb, cv2.rectangle(small.copy(), low, high, MARK, 2))]
        if any("mask" in other for other in examples):
            column += [np.full((GAP, size[0], 3), 255, np.uint8), small]
        if "mask" in example:
            mask = _read(store, example["mask"], cv2.IMREAD_GRAYSCALE)
            small[cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127] = ERASED
        parts += [np.concatenate(column), np.full((sum(map(len, column)), GAP, 3), 255, np.uint8)]
    return np.concatenate(parts[:-1], axis=1) if parts else np.full((HEIGHT, HEIGHT, 3), 255, np.uint8)


def _mark(photos: Sequence[Photo]) -> Mark | None:
    """What is laid over the photos, if it is found again on most of them: else it is but what they happen to share."""
    mark = learn(photos)
    if mark is None:
        return None
    again = sum(mark.find(photo.rgb, [photo.pixels]) is not None for photo in photos)
    return mark if again >= FOUND_AGAIN * len(photos) else None


def _pixels(rgb: Rgb, box: Box) -> NDArray[np.float64]:
    high, wide = rgb.shape[:2]
    return np.array(box) * (wide, high, wide, high)


def _read(store: Bucket, key: str, how: int) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(store.get(key), np.uint8), how)
    if picture is None:
        raise intermediate.IntermediateError(f"{key} is no picture")
    return np.asarray(picture, np.uint8)


def _small(rgb: Rgb) -> Rgb:
    """The photo, or a smaller copy: a dozen of them are looked at together."""
    scale = LONG_SIDE / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return cast(Rgb, cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _crop(store: Bucket, rgb: Rgb, box: Box, mark: Mark | None) -> dict[str, Any]:
    """Keep the text with what is around it; answers its key and the text's box in pixels of the crop.

    Where the mark is known and found on the photo, also the key of a mask of its pixels in the crop.
    """
    high, wide = rgb.shape[:2]
    text = _pixels(rgb, box)
    place = mark.find(rgb, [text]) if mark else None
    sighting = mark.sighted(0, rgb, place) if mark and place else None
    rows, columns = sighting.window if sighting else (slice(high, 0), slice(wide, 0))
    left, top, right, bottom = text
    margin = AROUND * max(bottom - top, 12)
    x0, y0 = (max(0, int(low)) for low in (min(left - margin, columns.start), min(top - margin, rows.start)))
    x1, y1 = (int(side) + 1 for side in (max(right + margin, columns.stop), max(bottom + margin, rows.stop)))
    part = np.s_[y0 : min(high, y1), x0 : min(wide, x1)]
    scale = min(1.0, CROP_SIDE / max(rgb[part].shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in rgb[part].shape[1::-1])

    def keep(picture: NDArray[np.uint8]) -> str:
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        return store.keep(cv2.imencode(".png", small)[1].tobytes(), ".png")

    crop = {"crop": keep(cast(Rgb, cv2.cvtColor(rgb[part], cv2.COLOR_RGB2BGR)))}
    inside = [round(float(value) * scale) for value in (left - x0, top - y0, right - x0, bottom - y0)]
    if sighting is None:
        return crop | {"box": inside}
    covered = np.zeros((high, wide), np.uint8)
    covered[sighting.window] = sighting.cover
    return crop | {"box": inside, "mask": keep(covered[part])}


def _one_ink(inks: Sequence[NDArray[np.float32] | None]) -> tuple[int, int, int] | None:
    """The colour that most photos agree on, if they do: a half transparent stamp takes up its ground's."""
    colours = np.array([ink for ink in inks if ink is not None])
    if len(colours) < max(1, len(inks) / 2):
        return None
    middle = np.median(colours, axis=0)
    if np.median(np.linalg.norm(colours - middle, axis=1)) > MAX_INK_DISTANCE / 2:
        return None
    red, green, blue = (round(float(value)) for value in middle)
    return red, green, blue
