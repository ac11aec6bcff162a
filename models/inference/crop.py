"""Filling of masks window by window: each hole with its surroundings."""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb

Window: TypeAlias = tuple[slice, slice]

MARGIN = 64
"""Minimum width of the surroundings of a hole (pixels)."""


def filled_by(rgb: Rgb, mask: Mask, fill: Callable[[Rgb, NDArray[np.bool_]], Rgb]) -> Rgb:
    """``rgb`` with each hole of ``mask`` (> 0) filled from its surroundings; all other pixels are unchanged.

    Args:
        rgb: [H, W, 3] uint8.
        mask: [H, W] uint8. If it is > 0 everywhere, there are no surroundings and ``rgb`` is returned unchanged.
        fill: function from a window [h, w, 3] uint8 and its hole [h, w] bool to a window of the same size; only
            the pixels of the hole are used.
    """
    hole = mask > 0
    filled = rgb.copy()
    if not hole.any() or hole.all():
        return filled
    for window in windows(hole, MARGIN):
        part, inside = filled[window], hole[window]
        part[inside] = fill(part, inside)[inside]
    return filled


def windows(hole: NDArray[np.bool_], margin: int) -> list[Window]:
    """Windows (rows, columns) around the holes, from top to bottom.

    Holes with overlapping surroundings share a window, so that no hole counts as surroundings of another.

    Args:
        hole: [H, W] bool, the pixels to fill.
        margin: minimum width of the surroundings (pixels); large holes get half of their longer side.
    """
    high, wide = hole.shape
    boxes = [_grown(box, margin, high, wide) for box in _boxes(hole)]
    merged: list[tuple[int, int, int, int]] = []
    while boxes:
        box = boxes.pop()
        overlapping = [other for other in boxes if _overlap(box, other)]
        if not overlapping:
            merged.append(box)
            continue
        boxes = [other for other in boxes if not _overlap(box, other)]
        tops, lefts, bottoms, rights = zip(box, *overlapping, strict=True)
        boxes.append((min(tops), min(lefts), max(bottoms), max(rights)))
    return [np.s_[top:bottom, left:right] for top, left, bottom, right in sorted(merged)]


def _boxes(hole: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    return [
        (int(top), int(left), int(top + high), int(left + wide))
        for left, top, wide, high, _ in stats[1:]  # component 0 is the background
    ]


def _grown(box: tuple[int, int, int, int], margin: int, high: int, wide: int) -> tuple[int, int, int, int]:
    top, left, bottom, right = box
    margin = max(margin, max(bottom - top, right - left) // 2)
    return max(0, top - margin), max(0, left - margin), min(high, bottom + margin), min(wide, right + margin)


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
