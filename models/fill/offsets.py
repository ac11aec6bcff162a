"""Dominant offsets for copying texture into a hole.

He and Sun, "Statistics of patch offsets for image completion", ECCV 2012: a few offsets explain most of the
self-similarity of a photo. Here they come from matches of tiles along the hole's edge.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.opponent_colour import Hole, Planes

Offsets = NDArray[np.intp]
"""[K, 2] rows and columns from a pixel of the hole to the pixel that it is copied from."""

TILE = 25
"""Side of the matched tiles (pixels)."""
SPACING = 12
"""Distance of the tiles along the edge (pixels)."""
SEARCH_RADIUS = 160
"""Maximum distance of a match in each direction (pixels)."""
MATCHES_PER_TILE, MAX_OFFSETS = 4, 60
"""Maximum number of matches of a tile, and of offsets in total."""
MATCH_DISTANCE, OFFSET_DISTANCE = 6, 2
"""Distances (pixels) within which the matches of one tile, and the offsets of all tiles, count as one."""


def find_offsets(planes: Planes, barred: Hole, hole: Hole) -> Offsets:
    """Offsets at which most tiles along the hole's edge have a match, best first.

    Args:
        planes: [H, W, 3] float32 opponent planes.
        barred: [H, W] bool, pixels that are not matched.
        hole: [H, W] bool, pixels to fill.
    """
    matches: list[tuple[float, int, int]] = []
    barred_count = cv2.boxFilter(
        barred.astype(np.float32), -1, (TILE, TILE), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    complete = barred_count < 0.5
    for row, column in _edge_pixels(hole):
        matches += _matches(planes, barred, complete, row, column)
    if not matches:
        return np.zeros((0, 2), np.intp)
    errors = np.array([error for error, _, _ in matches])
    moves = np.array([move for _, *move in matches], np.intp)
    votes = np.exp(-errors / (np.median(errors) + 1))
    same = np.abs(moves[:, None] - moves[None]).max(axis=-1) <= OFFSET_DISTANCE
    scores = (same * votes).sum(axis=1)
    chosen: list[NDArray[np.intp]] = []
    while scores.max() > 0 and len(chosen) < MAX_OFFSETS:
        best = int(scores.argmax())
        chosen.append(moves[best])
        scores[same[best]] = 0
    return np.stack(chosen)


def _edge_pixels(hole: Hole) -> list[tuple[int, int]]:
    """Pixels of the hole's edge, about ``SPACING`` apart, without the photo's border."""
    inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for row, column in zip(*map(np.ndarray.tolist, np.nonzero(hole & ~inner)), strict=True):
        cells.setdefault((row // SPACING, column // SPACING), (row, column))
    return list(cells.values())


def _matches(
    planes: Planes, barred: Hole, complete: Hole, row: int, column: int
) -> list[tuple[float, int, int]]:
    """Mean squared difference and offset (rows, columns) of the best matches of the tile around (row, column).

    Args:
        planes: [H, W, 3] float32 opponent planes.
        barred: [H, W] bool, pixels that are not compared.
        complete: [H, W] bool, centres of tiles without barred pixels.
        row, column: centre of the tile.
    """
    high, wide = barred.shape
    half = TILE // 2
    top, left = max(0, row - half), max(0, column - half)
    tile = np.s_[top : row + half + 1, left : column + half + 1]
    valid = (~barred[tile]).astype(np.float32)
    if valid.sum() < TILE * 4:
        return []
    first_row, first_column = max(0, row - SEARCH_RADIUS), max(0, column - SEARCH_RADIUS)
    last_row, last_column = min(high, row + SEARCH_RADIUS + 1), min(wide, column + SEARCH_RADIUS + 1)
    scene = planes[first_row:last_row, first_column:last_column]
    weight = np.repeat(valid[..., None], 3, axis=2)
    errors = cv2.matchTemplate(scene, planes[tile] * weight, cv2.TM_SQDIFF, mask=weight) / valid.sum()
    down, across = errors.shape
    middle = np.s_[first_row + row - top :, first_column + column - left :]
    errors = np.where(complete[middle][:down, :across], errors, np.inf)
    matches = []
    for _ in range(MATCHES_PER_TILE):
        y, x = divmod(int(errors.argmin()), across)
        if not np.isfinite(errors[y, x]):
            break
        matches.append((float(errors[y, x]), first_row + y - top, first_column + x - left))
        rows = slice(max(0, y - MATCH_DISTANCE), y + MATCH_DISTANCE + 1)
        errors[rows, max(0, x - MATCH_DISTANCE) : x + MATCH_DISTANCE + 1] = np.inf
    return matches
