"""A deep hole in an even texture, filled with pieces of that texture.

The photo is laid over itself at some offsets; each place of the hole takes one, so that it fits what is
around it and its neighbours show the same where their choices meet (He and Sun, ECCV 2012; Pritch,
Kav-Venaki and Peleg, "Shift-map image editing", ICCV 2009).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.graph_cut import Floats, Places, expanded
from models.fill.mask_refinement import Level
from models.fill.offsets import Offsets, offsets
from models.fill.opponent_colour import Hole, Planes
from models.fill.poisson_blend import pasted
from models.fill.texture_uniformity import Look, even_ground

MARGIN = 170
"""Pixels of surroundings that are of use."""
LEAST = 400
"""Pixels of even ground below which there is nothing to do."""
PLACES = 2500
"""Choices are made for squares of pixels, about so many."""
CONTEXT = 2.0
"""Weight of what known pixels next to a square differ by."""
FARTHER = 0.02
"""Levels per pixel: of two sources alike, the nearer."""
UNLIKE, NOWHERE = 100.0, 3200.0
"""Cost of a source that looks unlike the ground; of one that is not known."""
STRANGE = 0.05
"""Share of squares without a fitting source from which on there is no such texture after all."""
LOT, LOT_SIDE = 10.0, 32
"""Levels drawn by lot for each offset in each square of so many pixels: no large piece is copied whole."""
FADE = 6.0
"""Pixels over which the copied texture fades into what is beside it in the hole."""


def exemplar(planes: Planes, barred: Hole, hole: Hole, seed: int) -> tuple[Planes, Level] | None:
    """``planes`` with the even part of ``hole`` copied from elsewhere, and its weight 0..1; None if there is none.

    Args:
        barred: what is neither to be copied nor to be met: the hole, its rings, and other holes.
        seed: of the lots that keep large pieces from being copied whole.
    """
    even, look = even_ground(planes, barred, hole)
    if even.sum() < LEAST:
        return None
    moves = offsets(planes, barred, even)
    if not len(moves):
        return None
    squares = _squares(even)
    costs, colours = _costs(planes, barred, squares, moves, look)
    best = costs.min(axis=0)
    if best.max() >= NOWHERE or (best > UNLIKE * 0.9).mean() > STRANGE:
        return None
    lots = np.random.default_rng(seed).uniform(
        0, LOT, (len(moves), *(side // LOT_SIDE + 1 for side in even.shape))
    )
    costs += lots[:, squares.top // LOT_SIDE, squares.left // LOT_SIDE].astype(np.float32)
    choice = expanded(costs, colours, squares.first, squares.second)
    result = pasted(planes, barred, even, moves, choice[squares.of_pixel])
    return result, _weight(hole, even)


def _weight(hole: Hole, even: Hole) -> Level:
    uneven = hole & ~even
    if not uneven.any():
        return even.astype(np.float32)
    away = cv2.distanceTransform((~uneven).astype(np.uint8), cv2.DIST_L2, 5)
    return cast(Level, np.clip(away / FADE, 0, 1) * even)


@dataclass(frozen=True, eq=False)
class _Squares:
    """The hole in N squares of ``side`` pixels: their corners, E pairs of neighbours, and each pixel's square."""

    side: int
    top: Places
    left: Places
    first: Places
    second: Places
    of_pixel: Places


def _squares(hole: Hole) -> _Squares:
    rows, columns = np.nonzero(hole)
    side = int(np.ceil(np.sqrt(len(rows) / PLACES)))
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
    planes: Planes, barred: Hole, squares: _Squares, moves: Offsets, look: Look
) -> tuple[Floats, Floats]:
    """[K, N] what each offset costs at each square, and [K, N, 3] what it shows there."""
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
        strange = (np.abs(look.found[row, column] - look.mean[middle]) > look.reach[middle]).any(axis=-1)
        context = cv2.blur(_differences(planes, barred, down, across), (window, window))[middle]
        unknown = ~_known(filled, squares.top + down, squares.left + across, ends[0] + down, ends[1] + across)
        costs[number] = CONTEXT * context + FARTHER * np.hypot(down, across) + UNLIKE * strange
        costs[number] += NOWHERE * unknown
    return costs, colours


def _differences(planes: Planes, barred: Hole, down: int, across: int) -> Level:
    """[H, W] levels between each pixel and the one it would be copied from; 0 where either is not known."""
    high, wide = barred.shape
    found = np.zeros((high, wide), np.float32)
    here = np.s_[max(0, -down) : high - max(0, down), max(0, -across) : wide - max(0, across)]
    there = np.s_[max(0, down) : high + min(0, down), max(0, across) : wide + min(0, across)]
    both = ~barred[here] & ~barred[there]
    found[here] = np.linalg.norm(planes[here] - planes[there], axis=-1) * both
    return found


def _known(filled: NDArray[np.int32], top: Places, left: Places, bottom: Places, right: Places) -> Hole:
    """Which boxes lie within the photo and hold nothing barred."""
    high, wide = filled.shape
    inside = (top >= 0) & (left >= 0) & (bottom < high) & (right < wide)
    top, bottom = np.clip(top, 0, high - 1), np.clip(bottom, 0, high - 1)
    left, right = np.clip(left, 0, wide - 1), np.clip(right, 0, wide - 1)
    held = filled[bottom, right] - filled[top, right] - filled[bottom, left] + filled[top, left]
    return cast(Hole, inside & (held == 0))
