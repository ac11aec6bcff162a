"""Inpainting by sparse local cosine coefficients, which continues shades, edges and weave.

Guleryuz, "Nonlinear approximation based image recovery using adaptive sparse reconstructions and
iterated denoising", IEEE Transactions on Image Processing 15(3), 2006.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.opponent_colour import Hole, Planes

BLOCK = 32
"""Side of a cosine block (pixels), about two to three strokes of a caption."""
STEP = 8
"""Distance between the (32 / 8)² = 16 grids of blocks (pixels)."""
GRIDS_PER_ROUND = 2
"""Number of grids used in a round, in turn. All 16 in each round take four times as long for a worse result."""
ROUNDS = 40
"""Number of rounds."""
FIRST_THRESHOLD, LAST_THRESHOLD = 400.0, 12.0
"""Threshold of the cosine coefficients in the first and the last round."""

Grid = tuple[int, int, NDArray[np.intp], NDArray[np.intp]]
"""Top, left, and the row and column indices of the blocks that contain a part of the hole and of its rim."""


def sparse_dct(planes: Planes, hole: Hole) -> Planes:
    """Refine a fill by dropping small cosine coefficients, with a threshold that falls from round to round.

    Overlapping blocks have equal weights; weights by the known share of a block lose 1 dB on flat areas.

    Args:
        planes: roughly filled planes, at least ``BLOCK`` pixels wider than the hole on each side.
        hole: pixels to change.
    """
    layers = np.ascontiguousarray(planes.transpose(2, 0, 1))
    grids = _grids(hole)
    cosines = _cosines()
    for number, threshold in enumerate(np.geomspace(FIRST_THRESHOLD, LAST_THRESHOLD, ROUNDS)):
        sums = np.zeros_like(layers)
        counts = np.zeros((1, *hole.shape), np.float32)
        for turn in range(GRIDS_PER_ROUND):
            top, left, down, across = grids[(number * GRIDS_PER_ROUND + turn) % len(grids)]
            blocks = np.matmul(cosines, blocks_of(layers, top, left)[:, down, across] @ cosines.T)
            significant = np.abs(blocks) >= threshold
            significant[..., 0, 0] = True
            blocks *= significant
            blocks_of(sums, top, left)[:, down, across] += np.matmul(cosines.T, blocks @ cosines)
            blocks_of(counts, top, left)[:, down, across] += 1
        inside = hole & (counts[0] > 0)
        layers[:, inside] = sums[:, inside] / counts[:, inside]
    return layers.transpose(1, 2, 0)


def _grids(hole: Hole) -> list[Grid]:
    """All grids, ordered so that successive grids have distant offsets.

    Blocks completely inside the hole are left out: they have no support and would only smooth the fill.
    """
    counts = cv2.integral(hole.astype(np.uint8))
    grids: list[Grid] = []
    shifts = range(0, BLOCK, STEP)
    for turn in range(len(shifts)):
        for row, top in enumerate(shifts):
            left = shifts[(row + turn) % len(shifts)]
            part = counts[top::BLOCK, left::BLOCK].astype(np.int64)
            inside = part[1:, 1:] - part[:-1, 1:] - part[1:, :-1] + part[:-1, :-1]
            down, across = np.nonzero((inside > 0) & (inside < BLOCK**2))
            grids.append((top, left, down, across))
    return grids


@cache
def _cosines() -> NDArray[np.float32]:
    """[BLOCK, BLOCK] orthonormal DCT-II matrix, one cosine in each row."""
    frequency, place = np.ogrid[:BLOCK, :BLOCK]
    angles = np.pi * (2 * place + 1) * frequency / (2 * BLOCK)
    rows: NDArray[np.float32] = (np.sqrt(2 / BLOCK) * np.cos(angles)).astype(np.float32)
    rows[0] /= np.sqrt(2)
    return rows


def blocks_of(layers: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """View [channels, down, across, BLOCK, BLOCK] of adjacent blocks from (top, left) on."""
    part = layers[:, top:, left:]
    channels, high, wide = part.shape
    plane, row, column = part.strides
    shape = (channels, high // BLOCK, wide // BLOCK, BLOCK, BLOCK)
    strides = (plane, row * BLOCK, column * BLOCK, row, column)
    return np.lib.stride_tricks.as_strided(part, shape, strides)
