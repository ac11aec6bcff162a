"""Letters and signs beside a found text that the detector missed: same ink, same line."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from models.contract import Region
from overlay.mask.strokes import WORK_HEIGHT, Strokes, Window, sides
from overlay.segment.overlay_map import LAID_FROM, Map, pixels

SAME_INK = 26
"""Levels by which a companion's colour may differ in each channel."""
REACH = 3.0
"""How far along the line is looked, in heights of the text."""
GAP = 1.6
"""Widest gap to the next companion, in heights."""
PURER = 0.7
"""Of the letters' way from their ground to their colour, what a sign goes at least that may be of purer ink."""
COMMON = 0.02
"""An ink that covers more than this share of the photo is a mark of the text only where it is alone around it."""
ALONE = 0.8
"""Share of an ink around the text that its companions must make up to be alone."""


def companions(
    rgb: Rgb, region: Region, strokes: Strokes, ink_elsewhere: float, laid: Map
) -> tuple[Window, Mask] | None:
    """Where to look and [h, w] uint8 of 0 or 255 there; None where there is nothing to add.

    Args:
        rgb: [H, W, 3] uint8, the photo.
        region: the text found.
        strokes: its letters.
        ink_elsewhere: share of the photo that has the ink's colour.
        laid: the photo's overlay map.
    """
    core = cv2.erode(strokes.glyphs.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if core.sum() < 12:
        core = strokes.glyphs
    if core.sum() < 12:
        return None
    # thin strokes are mixed with their ground: the pure ink is what is farthest from it
    inks = strokes.rgb[core].astype(np.float32)
    away = np.linalg.norm(inks - strokes.ground[core], axis=1)
    inks = inks[away >= np.percentile(away, 75)]
    ink, ground = np.median(inks, axis=0), np.median(strokes.ground[core], axis=0)
    is_even = float(np.median(np.abs(inks - ink).max(axis=1))) <= SAME_INK / 2
    _, height = sides(region.quad)
    low, high = region.quad.min(axis=0), region.quad.max(axis=0)
    level = high[0] - low[0] >= high[1] - low[1]
    if min(high - low) > 1.6 * height:  # at an angle: a line cannot be followed by rows and columns
        return None
    reach = np.array([REACH, 0.5] if level else [0.5, REACH]) * height
    left, top = np.maximum(np.floor(low - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(high + reach), (rgb.shape[1], rgb.shape[0])).astype(int)
    window = (slice(int(top), int(bottom)), slice(int(left), int(right)))
    part = rgb[window]
    scale = min(1.0, WORK_HEIGHT / max(height, 1.0))
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cast(Rgb, cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    seen = cv2.resize(pixels(laid, rgb.shape, window), size, interpolation=cv2.INTER_NEAREST)
    alike = _is_purer(small, ink, ground) & (seen > LAID_FROM)
    if is_even:
        alike |= cv2.inRange(small, ink - SAME_INK, ink + SAME_INK) > 0
    count, labels, stats, centres = cv2.connectedComponentsWithStats(alike.astype(np.uint8))
    axis = 0 if level else 1
    tall = height * scale
    begin, end = (
        float(value) for value in ((low - (left, top))[axis] * scale, (high - (left, top))[axis] * scale)
    )
    middle = float(((low + high) / 2 - (left, top))[1 - axis] * scale)
    taken: set[int] = set()
    waiting = [label for label in range(1, count) if _fits(stats[label], small.shape, tall)]
    grown = True
    while grown:
        grown = False
        for label in waiting:
            first = float(stats[label, axis])
            last = first + float(stats[label, axis + 2])
            off = abs(float(centres[label][1 - axis]) - middle)
            # the detector's box may end within a sign
            outside = first < begin - 0.1 * tall or last > end + 0.1 * tall
            if label in taken or off > 0.7 * tall or not outside:
                continue
            if first - end < GAP * tall and begin - last < GAP * tall:
                taken.add(label)
                begin, end, grown = min(begin, first), max(end, last), True
    if not taken:
        return None
    added = np.isin(labels, sorted(taken)).astype(np.uint8) * 255
    if ink_elsewhere > COMMON:
        box = np.zeros(small.shape[:2], np.uint8)
        cv2.fillConvexPoly(box, np.rint((region.quad - (left, top)) * scale).astype(np.int32), 1)
        around = alike & (box == 0)
        if (around & (added > 0)).sum() < ALONE * around.sum():
            return None
    widened = cv2.dilate(added, np.ones((3, 3), np.uint8))
    large = cv2.resize(widened, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)
    return window, np.where(large > 80, 255, 0).astype(np.uint8)


def _is_purer(rgb: Rgb, ink: NDArray[np.float32], ground: NDArray[np.float32]) -> NDArray[np.bool_]:
    """[h, w] bool: colours on the way from ``ground`` through ``ink`` and on: thin strokes mix with their ground."""
    way = (ink - ground).astype(np.float32)
    length = max(float(np.linalg.norm(way)), 1e-6)
    away = rgb.astype(np.float32) - ground.astype(np.float32)
    along = away @ (way / length)
    aside = np.linalg.norm(away - along[..., None] * (way / length), axis=-1)
    return np.asarray((along > PURER * length) & (aside < SAME_INK), np.bool_)


def _fits(stats: "np.ndarray[tuple[int], np.dtype[np.int32]]", shape: tuple[int, ...], tall: float) -> bool:
    """A letter or a sign: neither a speck nor a thing, and whole inside the window."""
    left, top, wide, high, area = (int(value) for value in stats)
    inside = left > 0 and top > 0 and left + wide < shape[1] and top + high < shape[0]
    return inside and 0.2 * tall < max(wide, high) < 2.2 * tall and area > 0.03 * tall * tall
