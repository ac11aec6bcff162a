"""Masks that are built from what a person chose, and how a mask is shown: in a colour that contrasts, see-through."""

from collections.abc import Sequence
from typing import Final, cast

import cv2
import numpy as np

from imaging import intermediate
from line.facts import RecordedRegion
from line.picture import Mask, Rgb
from records.queries.review_queue import FlaggedImage
from tasks.context import Context

TINTS: Final = ((255, 0, 255), (0, 255, 255), (255, 255, 0), (0, 255, 0), (255, 96, 0), (0, 64, 255))
"""RGB colours for a mask; the one is taken that differs most from the picture there."""
TINT_OPACITY: Final = 0.55
"""Opacity of the colour, so that the picture below can be judged (0..1)."""
MARGIN_SHARE: Final = 0.01
"""Share of the long side by which the outline of a region is widened to catch the rims of its letters."""
SMALLER_BY: Final = 3
"""Pixels taken off the rim of what was erased, besides those that the step adds."""
STEP_ADDS: Final = 5
"""Pixels that ``erase_text`` adds around a mask: it dilates by 3 and feathers over 2."""


def built_mask(context: Context, image: FlaggedImage, chosen: Sequence[int] | None) -> bytes:
    """A mask as a PNG file, white where to erase.

    Args:
        chosen: indices of the regions to erase; None: the area that was erased, but smaller.
    """
    store = context.bucket
    area = intermediate.decode_mask(store.get(image.mask)) if image.mask else None
    if area is None:
        area = np.zeros(intermediate.decode_rgb(store.get(str(image.current))).shape[:2], np.uint8)
    mask = smaller(area) if chosen is None else of_regions(area, image.regions, chosen)
    return cv2.imencode(".png", mask)[1].tobytes()


def of_regions(area: Mask, regions: Sequence[RecordedRegion], chosen: Sequence[int]) -> Mask:
    """The part of ``area`` [H, W] uint8 on the chosen regions; the whole region where it has nothing there."""
    margin = max(2, round(MARGIN_SHARE * max(area.shape)))
    others = np.zeros(area.shape, np.uint8)
    for index, region in enumerate(regions):
        if index not in chosen:
            others = np.maximum(others, _outlined(area, region))
    mask = np.zeros(area.shape, np.uint8)
    for index in chosen:
        inside = _outlined(area, regions[index])
        around = cv2.dilate(inside, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
        around[(others > 0) & (inside == 0)] = 0
        part = np.where(around > 0, area, 0)
        mask = np.maximum(mask, np.where(part > 127, 255, 0) if np.any(part > 127) else inside)
    return mask.astype(np.uint8)


def smaller(area: Mask) -> Mask:
    """``area`` [H, W] uint8 with less rim; a piece that would vanish keeps its innermost pixels."""
    binary = np.where(area > 127, 255, 0).astype(np.uint8)
    depth = cv2.distanceTransform(binary, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, labels = cv2.connectedComponents(binary)
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, labels.ravel().astype(np.intp), depth.ravel())
    keep_from = np.minimum(SMALLER_BY + STEP_ADDS, 0.75 * deepest)[labels]
    return np.where((binary > 0) & (depth >= np.maximum(keep_from, 1)), 255, 0).astype(np.uint8)


def tinted(rgb: Rgb, mask: Mask) -> Rgb:
    """``rgb`` [H, W, 3] uint8 with the mask [H, W] uint8 see-through on it, in a colour that contrasts, outlined."""
    inside = mask > 127
    if not inside.any():
        return rgb
    colour = contrasting(rgb, inside)
    result = rgb.copy()
    mixed = (1 - TINT_OPACITY) * rgb[inside].astype(np.float32) + TINT_OPACITY * np.asarray(
        colour, np.float32
    )
    result[inside] = np.rint(mixed).astype(np.uint8)
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(result, outlines, -1, colour, max(1, round(max(rgb.shape[:2]) / 800)))
    return result


def contrasting(rgb: Rgb, inside: np.ndarray) -> tuple[int, int, int]:
    """The colour of ``TINTS`` that is farthest, in CIELAB, from ``rgb`` [H, W, 3] where ``inside`` [H, W]."""
    sample = rgb[inside][:: max(1, int(inside.sum()) // 5000)]
    pixels = _lab(sample)
    distances = [np.percentile(np.linalg.norm(pixels - _lab(np.array([tint])), axis=1), 10) for tint in TINTS]
    return TINTS[int(np.argmax(distances))]


def _lab(colours: np.ndarray) -> np.ndarray:
    """[N, 3] RGB levels as [N, 3] float32 CIELAB."""
    scaled = (colours.astype(np.float32) / 255)[None]
    return cast(np.ndarray, cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[0])


def _outlined(area: Mask, region: RecordedRegion) -> Mask:
    """The region filled, [H, W] uint8."""
    filled = np.zeros(area.shape, np.uint8)
    height, width = area.shape
    if region.quad:
        corners = np.asarray(region.quad, np.int32)
    elif region.box:
        left, top, right, bottom = region.box
        sides = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        corners = np.rint(sides * (width, height)).astype(np.int32)
    else:
        return filled
    cv2.fillPoly(filled, [corners], 255)
    return filled
