"""A hole continued by what is sparse in local cosines: shades, edges and weave.

Guleryuz, "Nonlinear approximation based image recovery using adaptive sparse reconstructions and
iterated denoising", IEEE Transactions on Image Processing 15(3), 2006.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.opponent_colour import Hole, Planes

BLOCK = 32
"""Side of a cosine block in pixels: two to three strokes of a caption fit in."""
STEP = 8
"""Distance between the (32 / 8)² = 16 grids of blocks."""
GRIDS = 2
"""Grids used in one round; the next round takes the next ones. All 16 in each cost four times as much for less."""
ROUNDS = 40
COARSE, FINE = 400.0, 12.0
"""Threshold on cosine coefficients in the first and the last round."""

Grid = tuple[int, int, NDArray[np.intp], NDArray[np.intp]]
"""Top, left, and which of the grid's blocks, down and across, see a part of the hole and its rim."""


def sparse(planes: Planes, hole: Hole) -> Planes:
    """The hole refined by dropping small cosine coefficients, ever smaller ones from round to round.

    Overlapping blocks count alike: to trust those that see less of the hole cost 1 dB on flat ground.

    Args:
        planes: filled roughly; blocks must fit everywhere, so at least ``BLOCK`` wider than the hole.
        hole: what may change.
    """
    layers = np.ascontiguousarray(planes.transpose(2, 0, 1))
    grids = _grids(hole)
    cosines = _cosines()
    for number, limit in enumerate(np.geomspace(COARSE, FINE, ROUNDS)):
        summed = np.zeros_like(layers)
        seen = np.zeros((1, *hole.shape), np.float32)
        for turn in range(GRIDS):
            top, left, down, across = grids[(number * GRIDS + turn) % len(grids)]
            blocks = np.matmul(cosines, blocks_of(layers, top, left)[:, down, across] @ cosines.T)
            kept = np.abs(blocks) >= limit
            kept[..., 0, 0] = True
            blocks *= kept
            blocks_of(summed, top, left)[:, down, across] += np.matmul(cosines.T, blocks @ cosines)
            blocks_of(seen, top, left)[:, down, across] += 1
        inside = hole & (seen[0] > 0)
        layers[:, inside] = summed[:, inside] / seen[:, inside]
    return layers.transpose(1, 2, 0)


def _grids(hole: Hole) -> list[Grid]:
    """The grids, neighbours in the list far apart in place.

    A block wholly in the hole has nothing to go by, and would only level the fill.
    """
    counts = cv2.integral(hole.astype(np.uint8))
    found: list[Grid] = []
    places = range(0, BLOCK, STEP)
    for turn in range(len(places)):
        for row, top in enumerate(places):
            left = places[(row + turn) % len(places)]
            part = counts[top::BLOCK, left::BLOCK].astype(np.int64)
            inside = part[1:, 1:] - part[:-1, 1:] - part[1:, :-1] + part[:-1, :-1]
            down, across = np.nonzero((inside > 0) & (inside < BLOCK**2))
            found.append((top, left, down, across))
    return found


@cache
def _cosines() -> NDArray[np.float32]:
    """[BLOCK, BLOCK] orthonormal DCT-II: one cosine a row."""
    frequency, place = np.ogrid[:BLOCK, :BLOCK]
    angles = np.pi * (2 * place + 1) * frequency / (2 * BLOCK)
    rows: NDArray[np.float32] = (np.sqrt(2 / BLOCK) * np.cos(angles)).astype(np.float32)
    rows[0] /= np.sqrt(2)
    return rows


def blocks_of(layers: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """A view [channels, down, across, BLOCK, BLOCK]: blocks side by side from (top, left)."""
    part = layers[:, top:, left:]
    channels, high, wide = part.shape
    plane, row, column = part.strides
    shape = (channels, high // BLOCK, wide // BLOCK, BLOCK, BLOCK)
    strides = (plane, row * BLOCK, column * BLOCK, row, column)
    return np.lib.stride_tricks.as_strided(part, shape, strides)
