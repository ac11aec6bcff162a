"""Grain for a fill with the strength, fineness and direction of the surrounding grain."""

from typing import cast

import cv2
import numpy as np

from models.fill.opponent_colour import Hole, Planes

MIN_DISTANCE, MAX_DISTANCE = 4, 24
"""Distances from the hole (pixels) between which grain is measured; nearer pixels may show ringing."""
GRAIN_SIGMA = 1.5
"""Standard deviation (pixels) of the blur that separates grain from coarser structure."""
GRAIN_PERCENTILE = 30
"""Percentile of the local strength around the hole that is taken as grain."""
MAX_GRAIN_RATIO = 1.5
"""Maximum local strength of pure grain (multiple of the grain); letters and seams are stronger."""
MIN_VISIBLE_GRAIN = 0.8
"""Minimum standard deviation of visible grain (levels); weaker grain is not added."""
PATCH = 48
"""Side of the patch that the grain is copied from (pixels)."""
MIN_PIXELS = 64
"""Minimum number of pixels for an estimate."""


def add_grain(planes: Planes, hole: Hole, seed: int) -> Planes:
    """Add grain to the hole up to the strength of the surrounding grain.

    White noise convolved with a patch of the grain has the covariance of the grain, also between the planes
    (asymptotic discrete spot noise: Galerne, Gousseau and Morel, "Random phase textures: theory and synthesis", IEEE
    Transactions on Image Processing 20(1), 2011).

    Args:
        planes: [H, W, 3] float32 opponent planes, filled.
        hole: [H, W] bool, the filled pixels.
        seed: seed of the noise.
    """
    fine = cast(Planes, planes - cv2.GaussianBlur(planes, (0, 0), GRAIN_SIGMA))
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (distance > MIN_DISTANCE) & (distance <= MAX_DISTANCE)
    if not hole.any() or ring.sum() < MIN_PIXELS:
        return planes
    # a low percentile, so that letters and seams do not count as grain
    level = np.sqrt(np.maximum(cv2.blur(fine**2, (7, 7)), 0))  # running sums may be slightly negative
    wanted, present = (np.percentile(level[part], GRAIN_PERCENTILE, axis=0) for part in (ring, hole))
    if wanted[0] < MIN_VISIBLE_GRAIN:
        return planes
    plain = ring & (level <= MAX_GRAIN_RATIO * wanted + 0.1).all(axis=-1)
    if plain.sum() < MIN_PIXELS:
        return planes
    missing = np.sqrt(np.maximum(wanted**2 - present**2, 0))
    grain = _spot_noise(fine * plain[..., None], hole, seed)
    strength = np.maximum(grain[hole].std(axis=0), 1e-6)
    return cast(Planes, planes + grain * (missing / strength).astype(np.float32) * hole[..., None])


def _spot_noise(spot: Planes, hole: Hole, seed: int) -> Planes:
    """White noise convolved with the fullest patch of ``spot``, in the window of the hole; 0 elsewhere."""
    counts = cv2.boxFilter((spot[..., 0] != 0).astype(np.float32), -1, (PATCH, PATCH), normalize=False)
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    top, left = max(0, int(row) - PATCH // 2), max(0, int(column) - PATCH // 2)
    patch = spot[top : top + PATCH, left : left + PATCH]
    rows, columns = np.nonzero(hole)
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    high, wide = hole[window].shape
    white = np.random.default_rng(seed).standard_normal(
        (high + patch.shape[0] - 1, wide + patch.shape[1] - 1)
    )
    grain = np.zeros_like(spot)
    from scipy.signal import oaconvolve  # a second of imports, for the few photos with a hole

    grain[window] = oaconvolve(white.astype(np.float32)[..., None], patch, mode="valid", axes=(0, 1))
    return grain
