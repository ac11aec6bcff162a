"""The pixels that are erased: the network's, made exact at the photo's own scale."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from models.contract import OverlayMaps, OverlaySegmenter
from overlay import policy
from overlay.regions import OverlayRegion

Plane = NDArray[np.float32]


def draw_mask(
    rgb: Rgb, maps: OverlayMaps, regions: Sequence[OverlayRegion], segmenter: OverlaySegmenter
) -> Mask:
    """[H, W] uint8, 255 on the pixels of ``regions``."""
    high, wide = rgb.shape[:2]
    chosen = np.zeros(maps.ink.shape, np.uint8)
    for region in regions:
        chosen[region.window][region.pixels] = 1
    room = cv2.dilate(chosen, np.ones((2 * policy.MASK_ROOM + 1,) * 2, np.uint8))
    cover = np.maximum(maps.ink, maps.panel)
    inside = cv2.resize(room, (wide, high), interpolation=cv2.INTER_NEAREST) > 0
    full = np.asarray(cv2.resize(cover, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
    if 1 / maps.scale > policy.CLOSE_FROM:
        for region in sorted(regions, key=lambda one: -one.area)[: policy.MAX_CROPS]:
            _look_closely(rgb, region, full, segmenter)
    return np.where(inside & (full > policy.MASK_FROM), np.uint8(255), np.uint8(0))


def _look_closely(rgb: Rgb, region: OverlayRegion, full: Plane, segmenter: OverlaySegmenter) -> None:
    """Replace what ``full`` [H, W] says of a region by what the network sees at the photo's own scale, in place.

    Where it sees next to nothing of the region there, the region stays as it was seen in the whole photo.
    """
    left, top = np.maximum(np.floor(region.quad.min(axis=0)).astype(int) - policy.CROP_MARGIN, 0)
    right, bottom = np.minimum(
        np.ceil(region.quad.max(axis=0)).astype(int) + policy.CROP_MARGIN, rgb.shape[1::-1]
    )
    window = np.s_[top:bottom, left:right]
    part = np.ascontiguousarray(rgb[window])
    maps = segmenter.segment(part, limit=policy.MAX_CROP_SIDE)
    close = cv2.resize(np.maximum(maps.ink, maps.panel), part.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    before = full[window] > policy.MASK_FROM
    if before.any() and float(np.mean(close[before] > policy.MASK_FROM)) > policy.MIN_SEEN_AGAIN:
        full[window] = close
