"""Repetition: one piece of texture stamped over and over."""

import numpy as np
from scipy import fft

from gates.measures.grain import around
from gates.patch import Bools, Floats, Patch

NEAR = 6
"""Pixels: any texture resembles itself this close."""
MOST = 256
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
    shape = [fft.next_fast_len(2 * side, real=True) for side in weight.shape]
    power = np.abs(fft.rfft2(texture, shape)) ** 2
    overlap = fft.irfft2(np.abs(fft.rfft2(weight, shape)) ** 2, shape)
    likeness = fft.irfft2(power, shape)
    alone = float(likeness[0, 0] / max(1.0, float(overlap[0, 0])))
    enough = overlap > OVERLAP * float(overlap[0, 0])
    y, x = (np.minimum(np.arange(side), side - np.arange(side)) for side in shape)
    enough &= np.hypot(y[:, None], x[None]) >= NEAR
    if alone < 0.5 or not enough.any():  # less than a level of texture: nothing that could repeat
        return 0.0
    return float((likeness[enough] / overlap[enough]).max() / alone)


def _middle(line: np.ndarray[tuple[int], np.dtype[np.int64]]) -> slice:
    first, last = int(line[0]), int(line[-1]) + 1
    spare = max(0, last - first - MOST) // 2
    return slice(first + spare, min(last, first + spare + MOST))
