"""Detail of an enlargement that depends on how its input is turned, and so does not come from it."""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from gates.patch import Floats, luma
from line.picture import Rgb

Enlarger: TypeAlias = Callable[[Rgb], Rgb]
"""Enlarges a part of the input, [h, w, 3] uint8, as the whole was."""

WINDOW = 64
"""Side of the windows that are enlarged again (input pixels)."""
WINDOW_COUNT = 3
MARGIN = 8
"""Width of the rim of a window that is not compared, because its surroundings are missing (input pixels)."""
CELL = 6
"""Side of the cells over which energies are averaged (input pixels)."""
DETAIL_FLOOR = 2.0
"""Detail (RMS grey levels) added to that of the input: less than this is not visible."""
PERCENTILE = 99
PROJECTIONS = 2

Window: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the input."""


def unresolved(plane: Floats, size: tuple[int, int]) -> Floats:
    """The part of ``plane`` that vanishes when it is reduced by area means to ``size`` (width, height)."""
    whole = (plane.shape[1], plane.shape[0])
    for _ in range(PROJECTIONS):
        reduced = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        plane = plane - cv2.resize(reduced, whole, interpolation=cv2.INTER_CUBIC)
    return plane


def windows(before: Floats, after: Floats) -> list[Window]:
    """The windows, at most ``WINDOW_COUNT``, none over another, in which ``after`` has most unresolved detail.

    Args:
        before: [h, w] float32 luma of the input.
        after: [H, W] float32 luma of the enlargement.
    """
    height, width = before.shape
    wide, high = min(WINDOW, width), min(WINDOW, height)
    energy = cv2.resize(
        np.square(unresolved(after, (width, height))), (width, height), interpolation=cv2.INTER_AREA
    )
    sums = cv2.boxFilter(energy, -1, (wide, high), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    sums = sums[: height - high + 1, : width - wide + 1].copy()
    chosen: list[Window] = []
    while len(chosen) < WINDOW_COUNT and sums.max() > 0:
        top, left = (int(at) for at in np.unravel_index(int(sums.argmax()), sums.shape))
        chosen.append((left, top, wide, high))
        sums[max(0, top - high + 1) : top + high, max(0, left - wide + 1) : left + wide] = 0
    return chosen


def equivariance_error(part: Rgb, enlarge: Enlarger) -> float:
    """How much the unresolved detail changes when the part is turned by 90° before it is enlarged.

    RMS grey levels of the difference in each cell, over those of the input's finest octave there, at the 99th
    percentile. What the input determines does not depend on its direction (Tachella and Pereyra, "Equivariant
    bootstrapping for uncertainty quantification in imaging inverse problems", arXiv:2310.11838).
    """
    upright = enlarge(part)
    turned = np.rot90(enlarge(np.ascontiguousarray(np.rot90(part))), -1)
    height, width = part.shape[:2]
    difference = unresolved(luma(upright) - luma(np.ascontiguousarray(turned)), (width, height))
    scale = upright.shape[1] / width
    side = max(1, round(CELL * scale)) | 1
    changed = np.sqrt(np.maximum(cv2.boxFilter(np.square(difference), -1, (side, side)), 0))
    octave = luma(part)
    half = ((width + 1) // 2, (height + 1) // 2)
    octave = octave - cv2.resize(
        cv2.resize(octave, half, interpolation=cv2.INTER_AREA), (width, height), interpolation=cv2.INTER_CUBIC
    )
    finest = np.sqrt(np.maximum(cv2.boxFilter(np.square(octave), -1, (CELL | 1, CELL | 1)), 0))
    finest = cv2.resize(finest, (difference.shape[1], difference.shape[0]), interpolation=cv2.INTER_LINEAR)
    rim = round(min(MARGIN, min(height, width) // 4) * scale)
    inner = np.s_[rim : changed.shape[0] - rim, rim : changed.shape[1] - rim]
    return float(np.percentile(changed[inner] / (finest[inner] + DETAIL_FLOOR), PERCENTILE))
