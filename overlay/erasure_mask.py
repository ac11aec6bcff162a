"""The pixels that are erased: the network's, made exact at the photo's own scale."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from models.contract import OverlayMaps, OverlaySegmenter
from overlay import policy
from overlay.regions import OverlayRegion

COARSE_FROM = 2.4
"""Photo pixels per pixel of the maps from which regions are looked at again at the photo's own scale."""
MARGIN = 24
"""Pixels of the photo around a region that the network sees with it."""
MAX_CROP_SIDE = 960
"""Long side up to which such a crop keeps the photo's scale (pixels)."""
MAX_CROPS = 8
"""Regions that are looked at again, the largest first; a mark all over a photo has too many."""
ROOM = 2
"""Pixels of the maps around a region that count as its own."""
MIN_AGREEMENT = 0.6
"""Share of a region that must be seen again at the photo's own scale for that view to count."""
MAX_HOLE = 8
"""Size up to which a hole in the mask is closed (pixels)."""

Plane = NDArray[np.float32]


def draw_mask(
    rgb: Rgb, maps: OverlayMaps, regions: Sequence[OverlayRegion], segmenter: OverlaySegmenter
) -> Mask:
    """[H, W] uint8, 255 on the pixels of ``regions``."""
    high, wide = rgb.shape[:2]
    chosen = np.zeros(maps.ink.shape, np.uint8)
    for region in regions:
        chosen[region.window][region.pixels] = 1
    room = cv2.dilate(chosen, np.ones((2 * ROOM + 1,) * 2, np.uint8))
    cover = np.maximum(maps.ink, maps.panel)
    inside = cv2.resize(room, (wide, high), interpolation=cv2.INTER_NEAREST) > 0
    full = np.asarray(cv2.resize(cover, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
    if 1 / maps.scale > COARSE_FROM:
        for region in sorted(regions, key=lambda one: -one.area)[:MAX_CROPS]:
            _look_closely(rgb, region, full, segmenter)
    pixels = (inside & (full > policy.MASK_FROM)).astype(np.uint8)
    return _without_specks(pixels) * np.uint8(255)


def _look_closely(rgb: Rgb, region: OverlayRegion, full: Plane, segmenter: OverlaySegmenter) -> None:
    """Replace what ``full`` [H, W] says of a region by what the network sees at the photo's own scale, in place.

    Where it sees next to nothing of the region there, the region stays as it was seen in the whole photo.
    """
    left, top = np.maximum(np.floor(region.quad.min(axis=0)).astype(int) - MARGIN, 0)
    right, bottom = np.minimum(np.ceil(region.quad.max(axis=0)).astype(int) + MARGIN, rgb.shape[1::-1])
    window = np.s_[top:bottom, left:right]
    part = np.ascontiguousarray(rgb[window])
    maps = segmenter.segment(part, limit=MAX_CROP_SIDE)
    close = cv2.resize(np.maximum(maps.ink, maps.panel), part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    before = full[window] > policy.MASK_FROM
    if before.any() and float(np.mean(close[before] > policy.MASK_FROM)) > MIN_AGREEMENT:
        full[window] = close


def _without_specks(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``pixels`` with small holes closed: what shows through a letter's stroke is noise."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - pixels, connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] <= MAX_HOLE)
    return np.where(np.isin(labels, small), np.uint8(1), pixels) if count > 1 else pixels
