"""Working on the surroundings of a mask alone: where to look, and putting the result back."""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb

Window: TypeAlias = tuple[slice, slice]

MARGIN = 64
"""Pixels around a hole that a network is shown at least."""


def filled_by(rgb: Rgb, mask: Mask, fill: Callable[[Rgb, NDArray[np.bool_]], Rgb]) -> Rgb:
    """``rgb`` with each hole of ``mask`` (> 0) filled from its own surroundings, every other pixel as it was.

    Args:
        rgb: [H, W, 3] uint8.
        mask: [H, W] uint8. Where it is all hole, there is nothing to fill from: ``rgb`` comes back.
        fill: a part [h, w, 3] uint8 and its hole [h, w] to a part of the same size; only its hole is taken.
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
    """Places (rows, columns) that hold each hole with its surroundings, from top to bottom.

    Holes whose surroundings meet are looked at together, so that none is seen as known ground by another.

    Args:
        hole: [H, W], what is to be filled.
        margin: pixels of surroundings at least; as much as half the hole's longer side where that is more.
    """
    high, wide = hole.shape
    boxes = [_grown(box, margin, high, wide) for box in _boxes(hole)]
    merged: list[tuple[int, int, int, int]] = []
    while boxes:
        box = boxes.pop()
        meeting = [other for other in boxes if _meet(box, other)]
        if not meeting:
            merged.append(box)
            continue
        boxes = [other for other in boxes if not _meet(box, other)]
        tops, lefts, bottoms, rights = zip(box, *meeting, strict=True)
        boxes.append((min(tops), min(lefts), max(bottoms), max(rights)))
    return [np.s_[top:bottom, left:right] for top, left, bottom, right in sorted(merged)]


def _boxes(hole: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    return [
        (int(top), int(left), int(top + high), int(left + wide))
        for left, top, wide, high, _ in stats[1:]  # the first is what is not hole
    ]


def _grown(box: tuple[int, int, int, int], margin: int, high: int, wide: int) -> tuple[int, int, int, int]:
    top, left, bottom, right = box
    more = max(margin, max(bottom - top, right - left) // 2)
    return max(0, top - more), max(0, left - more), min(high, bottom + more), min(wide, right + more)


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
