"""Grain for a fill: as strong and as fine as that of the photo around it."""

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.fill.planes import Hole, Planes

NEAR = 32
"""Pixels around the hole in which the photo's grain is read."""
CALM = 40
"""Percentile of the surroundings' local strength that counts as their grain."""
QUIET = 0.8
"""Grain below this standard deviation, in levels, is left out: nobody sees it."""


def with_grain(planes: Planes, hole: Hole, seed: int) -> Planes:
    """The hole with grain like the surroundings', where they have more of it than the fill.

    As strong and as fine as theirs: the grain of a photo that was compressed or enlarged is coarser
    than single pixels, and white noise on it shows as a speckled patch.
    """
    fine = _fine(planes)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((NEAR + 1, NEAR + 1), np.uint8)) > 0
    # grain is read clear of the hole's rim, where the blur has mixed both sides
    rim = cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    clear = near & ~rim
    if clear.sum() < 64:
        return planes
    # grain is what the quiet places have: letters and seams are not strewn into the hole as noise
    level = np.sqrt(np.maximum(cv2.blur(fine**2, (7, 7)), 0))  # a running sum may end below nought
    wanted, present = (np.percentile(level[part], CALM, axis=0) for part in (clear, hole))
    lacking = np.sqrt(np.maximum(wanted**2 - present**2, 0))
    if wanted[0] < QUIET:
        return planes
    result = planes.copy()
    random = np.random.default_rng(seed)
    rows, columns = np.nonzero(hole)
    window = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    for channel in range(planes.shape[2]):
        plain = clear & (level[..., channel] <= 1.5 * wanted[channel])
        size = _coarseness(_neighbours(fine[..., channel], plain))
        drawn = _noise(random, hole[window].shape, size)
        result[..., channel][window] += (drawn * lacking[channel] * hole[window]).astype(np.float32)
    return result


def _fine(planes: Planes) -> Planes:
    """What is finer than about three pixels."""
    return cast(Planes, planes - cv2.GaussianBlur(planes, (0, 0), 1.5))


def _noise(random: np.random.Generator, shape: tuple[int, ...], size: float) -> Planes:
    """[h, w] float32 noise of standard deviation 1, its grains ``size`` pixels (sigma) large."""
    margin = 8
    white = random.standard_normal((shape[0] + 2 * margin, shape[1] + 2 * margin)).astype(np.float32)
    grains = _fine(cast(Planes, cv2.GaussianBlur(white, (0, 0), size) if size else white))
    return cast(Planes, (grains / max(float(grains.std()), 1e-6))[margin:-margin, margin:-margin])


def _neighbours(fine: Planes, plain: NDArray[np.bool_]) -> float:
    """Correlation of neighbouring pixels where both are plain; -1..1."""
    across = plain[:, 1:] & plain[:, :-1]
    one, other = fine[:, 1:][across], fine[:, :-1][across]
    power = float((one**2).mean() + (other**2).mean()) / 2 if len(one) else 0.0
    return float((one * other).mean()) / power if power > 0 else 0.0


@cache
def _scale() -> tuple[tuple[float, float], ...]:
    """(correlation of neighbours, size of the grains) of noise as :func:`_noise` makes it."""
    random, everywhere = np.random.default_rng(0), np.ones((192, 192), np.bool_)
    sizes = (0.0, 0.35, 0.45, 0.55, 0.65, 0.75, 0.9, 1.1, 1.4, 1.8)
    return tuple((_neighbours(_noise(random, (192, 192), size), everywhere), size) for size in sizes)


def _coarseness(correlation: float) -> float:
    """The size of grains whose neighbours correlate like that."""
    return min(_scale(), key=lambda pair: abs(pair[0] - correlation))[1]
