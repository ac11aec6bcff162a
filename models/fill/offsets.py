"""By how much to move the photo so that it continues into a hole.

He and Sun, "Statistics of patch offsets for image completion", ECCV 2012: a few offsets explain most
of what repeats in a photo. Here they are those at which the ground along the hole's edge is found again.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.opponent_colour import Hole, Planes

Offsets = NDArray[np.intp]
"""[K, 2] rows and columns from a pixel of the hole to the pixel that it is copied from."""

TILE = 25
"""Side in pixels of the pieces of ground that are looked for."""
SPACING = 12
"""Pixels between two of them along the edge."""
REACH = 160
"""Pixels to each side within which they are looked for."""
EACH, MOST = 4, 60
"""Places kept of each piece, and offsets of all."""
APART, ALIKE = 6, 2
"""Pixels within which a piece's places, and all pieces' offsets, count as one."""


def offsets(planes: Planes, barred: Hole, hole: Hole) -> Offsets:
    """The offsets at which most pieces of the hole's edge are found, best first."""
    found: list[tuple[float, int, int]] = []
    seen = cv2.boxFilter(
        barred.astype(np.float32), -1, (TILE, TILE), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    whole = seen < 0.5
    for row, column in _along(hole):
        found += _places(planes, barred, whole, row, column)
    if not found:
        return np.zeros((0, 2), np.intp)
    errors = np.array([error for error, _, _ in found])
    moves = np.array([move for _, *move in found], np.intp)
    votes = np.exp(-errors / (np.median(errors) + 1))
    alike = np.abs(moves[:, None] - moves[None]).max(axis=-1) <= ALIKE
    scores = (alike * votes).sum(axis=1)
    chosen: list[NDArray[np.intp]] = []
    while scores.max() > 0 and len(chosen) < MOST:
        best = int(scores.argmax())
        chosen.append(moves[best])
        scores[alike[best]] = 0
    return np.stack(chosen)


def _along(hole: Hole) -> list[tuple[int, int]]:
    """Pixels of the hole's edge, about ``SPACING`` apart; the photo's own edge is none."""
    inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for row, column in zip(*map(np.ndarray.tolist, np.nonzero(hole & ~inner)), strict=True):
        cells.setdefault((row // SPACING, column // SPACING), (row, column))
    return list(cells.values())


def _places(planes: Planes, barred: Hole, whole: Hole, row: int, column: int) -> list[tuple[float, int, int]]:
    """Mean squared difference and offset of the places most like the tile around (row, column)."""
    high, wide = barred.shape
    half = TILE // 2
    top, left = max(0, row - half), max(0, column - half)
    tile = np.s_[top : row + half + 1, left : column + half + 1]
    known = (~barred[tile]).astype(np.float32)
    if known.sum() < TILE * 4:
        return []
    first_row, first_column = max(0, row - REACH), max(0, column - REACH)
    scene = planes[first_row : min(high, row + REACH + 1), first_column : min(wide, column + REACH + 1)]
    weight = np.repeat(known[..., None], 3, axis=2)
    errors = cv2.matchTemplate(scene, planes[tile] * weight, cv2.TM_SQDIFF, mask=weight) / known.sum()
    down, across = errors.shape
    middle = np.s_[first_row + row - top :, first_column + column - left :]
    errors = np.where(whole[middle][:down, :across], errors, np.inf)
    found = []
    for _ in range(EACH):
        at, beside = divmod(int(errors.argmin()), across)
        if not np.isfinite(errors[at, beside]):
            break
        found.append((float(errors[at, beside]), first_row + at - top, first_column + beside - left))
        errors[max(0, at - APART) : at + APART + 1, max(0, beside - APART) : beside + APART + 1] = np.inf
    return found
