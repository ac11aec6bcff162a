"""Repetition: one piece of texture stamped over and over."""

import numpy as np
from scipy import fft

from gates.metrics.texture.grain import around
from gates.patch import Bools, Floats, Patch

NEAR = 6
"""Pixels: any texture resembles itself this close."""
MOST = 128
"""Side in pixels of the part of a large area that is looked at."""
LEAST = 400
FAINT = 0.4
"""Likeness to itself moved that any texture may show."""
OVERLAP = 0.2
"""Share of an area that two copies must have in common for their likeness to count."""


def repetition(patch: Patch) -> float:
    """How much more the fill repeats itself than its ring does: 0 no more, 1 exact copies.

    The highest peak of the masked normalised autocorrelation (Padfield, "Masked object registration
    in the Fourier domain", 2012) beyond a few pixels of shift.
    """
    if patch.solid.sum() < LEAST:
        return 0.0
    found = _peak(patch.after_luma, patch.solid)
    return max(0.0, found - _peak(patch.after_luma, patch.ring)) if found > FAINT else 0.0


def _peak(luma: Floats, where: Bools) -> float:
    if where.sum() < LEAST:
        return 0.0
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    part = tuple(_middle(line) for line in (rows, columns))
    weight = where[part].astype(np.float32)
    texture = (luma[part] - around(luma[part], where[part], 9)) * weight
    alone = float((texture * texture).sum()) / max(1.0, float(weight.sum()))
    if alone < 0.5:  # less than a level of texture: nothing that could repeat
        return 0.0
    shape = [fft.next_fast_len(2 * side, real=True) for side in weight.shape]
    # either way along the same line is the same: half of all moves are enough
    half = shape[0] // 2 + 1
    likeness, overlap = (
        fft.irfft2(np.abs(fft.rfft2(plane, shape)) ** 2, shape)[:half] for plane in (texture, weight)
    )
    least = OVERLAP * float(overlap[0, 0])
    enough = overlap > least
    wide = min(NEAR, shape[1] // 2)
    y, x = np.arange(min(NEAR, half))[:, None], np.arange(1 - wide, wide)
    enough[y, x] &= np.hypot(y, x) >= NEAR
    if not enough.any():
        return 0.0
    return float(np.where(enough, likeness / np.maximum(overlap, least), -1).max() / alone)


def _middle(line: np.ndarray[tuple[int], np.dtype[np.int64]]) -> slice:
    first, last = int(line[0]), int(line[-1]) + 1
    spare = max(0, last - first - MOST) // 2
    return slice(first + spare, min(last, first + spare + MOST))
