"""Fill of deep holes in a uniform texture with copied pieces of that texture.

Each square of the hole is copied from one of several offsets. The choice minimises the difference from the
surroundings and between neighbouring squares (He and Sun, ECCV 2012; Pritch, Kav-Venaki and Peleg, "Shift-map image
editing", ICCV 2009).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.graph_cut import Floats, Places, alpha_expansion
from models.fill.mask_refinement import Level
from models.fill.offsets import Offsets, find_offsets
from models.fill.opponent_colour import Hole, Planes
from models.fill.poisson_blend import poisson_blend
from models.fill.texture_uniformity import TextureStats, uniform_texture

MARGIN = 170
"""Width of the surroundings used (pixels)."""
MIN_AREA = 400
"""Minimum area of the fill (pixels)."""
SQUARES = 2500
"""Approximate number of squares that the hole is divided into."""
CONTEXT_WEIGHT = 2.0
"""Weight of the difference of the known pixels next to a square."""
DISTANCE_WEIGHT = 0.02
"""Cost of an offset (levels per pixel), so that the nearer of two equal sources is chosen."""
MISMATCH_COST, OUTSIDE_COST = 100.0, 3200.0
"""Cost (levels) of a source that differs from the texture, and of one outside the known photo."""
MAX_MISMATCHES = 0.05
"""Maximum share of squares without a matching source; with more, the hole is not filled by exemplars."""
JITTER, JITTER_SIDE = 10.0, 32
"""Maximum random cost (levels) of an offset in each square of this side (pixels), which splits large copies."""
FADE = 6.0
"""Width of the transition from the copied texture to the other fill (pixels)."""


def exemplar_fill(planes: Planes, barred: Hole, hole: Hole, seed: int) -> tuple[Planes, Level] | None:
    """Copy texture into the part of a hole that lies in a uniform texture.

    Args:
        planes: [H, W, 3] float32 opponent planes.
        barred: [H, W] bool, pixels that are neither copied nor matched: the hole, its ringing, other holes.
        hole: [H, W] bool, pixels to fill.
        seed: seed of the random costs.

    Returns:
        The filled planes and the [H, W] weight (0..1) of the copied texture; None if the texture is not uniform.
    """
    even, stats = uniform_texture(planes, barred, hole)
    if even.sum() < MIN_AREA:
        return None
    moves = find_offsets(planes, barred, even)
    if not len(moves):
        return None
    squares = _squares(even)
    costs, colours = _costs(planes, barred, squares, moves, stats)
    best = costs.min(axis=0)
    if best.max() >= OUTSIDE_COST or (best > MISMATCH_COST * 0.9).mean() > MAX_MISMATCHES:
        return None
    jitter = np.random.default_rng(seed).uniform(
        0, JITTER, (len(moves), *(side // JITTER_SIDE + 1 for side in even.shape))
    )
    costs += jitter[:, squares.top // JITTER_SIDE, squares.left // JITTER_SIDE].astype(np.float32)
    choice = alpha_expansion(costs, colours, squares.first, squares.second)
    result = poisson_blend(planes, barred, even, moves, choice[squares.of_pixel])
    return result, _weight(hole, even)


def _weight(hole: Hole, even: Hole) -> Level:
    uneven = hole & ~even
    if not uneven.any():
        return even.astype(np.float32)
    distance = cv2.distanceTransform((~uneven).astype(np.uint8), cv2.DIST_L2, 5)
    return cast(Level, np.clip(distance / FADE, 0, 1) * even)


@dataclass(frozen=True, eq=False)
class _Squares:
    """The hole divided into N squares.

    Attributes:
        side: side of a square in pixels.
        top, left: [N] corners of the squares.
        first, second: [E] indices of each pair of neighbouring squares.
        of_pixel: [P] index of the square of each pixel of the hole, in reading order.
    """

    side: int
    top: Places
    left: Places
    first: Places
    second: Places
    of_pixel: Places


def _squares(hole: Hole) -> _Squares:
    rows, columns = np.nonzero(hole)
    side = int(np.ceil(np.sqrt(len(rows) / SQUARES)))
    top, left = int(rows.min()), int(columns.min())
    down, across = (rows - top) // side, (columns - left) // side
    taken = np.zeros((down.max() + 1, across.max() + 1), np.bool_)
    taken[down, across] = True
    number = np.cumsum(taken).reshape(taken.shape) - 1
    beside, below = taken[:, 1:] & taken[:, :-1], taken[1:] & taken[:-1]
    first = np.concatenate([number[:, :-1][beside], number[:-1][below]])
    second = np.concatenate([number[:, 1:][beside], number[1:][below]])
    at_row, at_column = np.nonzero(taken)
    return _Squares(side, top + at_row * side, left + at_column * side, first, second, number[down, across])


def _costs(
    planes: Planes, barred: Hole, squares: _Squares, moves: Offsets, stats: TextureStats
) -> tuple[Floats, Floats]:
    """[K, N] cost of each offset at each square, and the [K, N, 3] colour that it shows there."""
    high, wide = barred.shape
    side, window = squares.side, 2 * squares.side + 5
    blurred = cv2.blur(planes, (side, side))
    filled = np.asarray(cv2.integral(barred.astype(np.uint8)), np.int32)
    middle = np.minimum(squares.top + side // 2, high - 1), np.minimum(squares.left + side // 2, wide - 1)
    ends = np.minimum(squares.top + side, high), np.minimum(squares.left + side, wide)
    costs = np.empty((len(moves), len(squares.top)), np.float32)
    colours = np.empty((*costs.shape, 3), np.float32)
    for number, (down, across) in enumerate(moves.tolist()):
        row, column = np.clip(middle[0] + down, 0, high - 1), np.clip(middle[1] + across, 0, wide - 1)
        colours[number] = blurred[row, column]
        difference = np.abs(stats.features[row, column] - stats.mean[middle])
        mismatch = (difference > stats.tolerance[middle]).any(axis=-1)
        context = cv2.blur(_differences(planes, barred, down, across), (window, window))[middle]
        unknown = ~_is_inside(
            filled, squares.top + down, squares.left + across, ends[0] + down, ends[1] + across
        )
        distance = np.hypot(down, across)
        costs[number] = CONTEXT_WEIGHT * context + DISTANCE_WEIGHT * distance + MISMATCH_COST * mismatch
        costs[number] += OUTSIDE_COST * unknown
    return costs, colours


def _differences(planes: Planes, barred: Hole, down: int, across: int) -> Level:
    """[H, W] difference (levels) between each pixel and its source at this offset; 0 if either is barred."""
    high, wide = barred.shape
    differences = np.zeros((high, wide), np.float32)
    here = np.s_[max(0, -down) : high - max(0, down), max(0, -across) : wide - max(0, across)]
    there = np.s_[max(0, down) : high + min(0, down), max(0, across) : wide + min(0, across)]
    both = ~barred[here] & ~barred[there]
    differences[here] = np.linalg.norm(planes[here] - planes[there], axis=-1) * both
    return differences


def _is_inside(filled: NDArray[np.int32], top: Places, left: Places, bottom: Places, right: Places) -> Hole:
    """[N] bool, True for boxes inside the photo without barred pixels (from their integral image ``filled``)."""
    high, wide = filled.shape
    inside = (top >= 0) & (left >= 0) & (bottom < high) & (right < wide)
    top, bottom = np.clip(top, 0, high - 1), np.clip(bottom, 0, high - 1)
    left, right = np.clip(left, 0, wide - 1), np.clip(right, 0, wide - 1)
    count = filled[bottom, right] - filled[top, right] - filled[bottom, left] + filled[top, left]
    return cast(Hole, inside & (count == 0))
