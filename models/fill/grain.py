"""Grain for a fill: as strong, as fine and as directed as that of the photo around it."""

from typing import cast

import cv2
import numpy as np
from scipy.signal import oaconvolve

from models.fill.opponent_colour import Hole, Planes

NEAR, CLEAR = 24, 4
"""Pixels from the hole up to which the photo's grain is read, and from which on: rings lie nearer."""
COARSEST = 1.5
"""Sigma in pixels of the blur that grain is finer than."""
PERCENTILE = 30
"""Of the surroundings' local strength, what counts as their grain."""
PLAIN = 1.5
"""Places with more than this multiple of the grain hold letters and seams besides, and are left out."""
QUIET = 0.8
"""Grain below this standard deviation, in levels, is left out: nobody sees it."""
PATCH = 48
"""Side in pixels of the patch that lends its grain."""
FEWEST = 64
"""Fewer pixels than this say nothing of grain."""


def with_grain(planes: Planes, hole: Hole, seed: int) -> Planes:
    """The hole with grain like the surroundings', where they have more of it than the fill.

    White noise convolved with the grain near by has its covariance, also between the planes
    (asymptotic discrete spot noise: Galerne, Gousseau and Morel, "Random phase textures: theory
    and synthesis", IEEE Transactions on Image Processing 20(1), 2011).
    """
    fine = cast(Planes, planes - cv2.GaussianBlur(planes, (0, 0), COARSEST))
    away = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    clear = (away > CLEAR) & (away <= NEAR)
    if not hole.any() or clear.sum() < FEWEST:
        return planes
    # grain is what the quiet places have: letters and seams are not strewn into the hole as noise
    level = np.sqrt(np.maximum(cv2.blur(fine**2, (7, 7)), 0))  # a running sum may end below nought
    wanted, present = (np.percentile(level[part], PERCENTILE, axis=0) for part in (clear, hole))
    if wanted[0] < QUIET:
        return planes
    plain = clear & (level <= PLAIN * wanted + 0.1).all(axis=-1)
    if plain.sum() < FEWEST:
        return planes
    lacking = np.sqrt(np.maximum(wanted**2 - present**2, 0))
    grain = _spot_noise(fine * plain[..., None], hole, seed)
    strength = np.maximum(grain[hole].std(axis=0), 1e-6)
    return cast(Planes, planes + grain * (lacking / strength).astype(np.float32) * hole[..., None])


def _spot_noise(spot: Planes, hole: Hole, seed: int) -> Planes:
    """White noise convolved with a patch of ``spot``, the one that holds most, in the hole's window; else 0."""
    held = cv2.boxFilter((spot[..., 0] != 0).astype(np.float32), -1, (PATCH, PATCH), normalize=False)
    row, column = np.unravel_index(int(held.argmax()), held.shape)
    top, left = max(0, int(row) - PATCH // 2), max(0, int(column) - PATCH // 2)
    patch = spot[top : top + PATCH, left : left + PATCH]
    rows, columns = np.nonzero(hole)
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    high, wide = hole[window].shape
    white = np.random.default_rng(seed).standard_normal(
        (high + patch.shape[0] - 1, wide + patch.shape[1] - 1)
    )
    grain = np.zeros_like(spot)
    grain[window] = oaconvolve(white.astype(np.float32)[..., None], patch, mode="valid", axes=(0, 1))
    return grain
