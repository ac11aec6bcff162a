"""Repetition: copies of one piece of texture in a fill."""

import numpy as np

from gates.metrics.texture.grain import around
from gates.patch import Bools, Floats, Patch

MIN_SHIFT = 6
"""Minimum shift (pixels) between copies: any texture resembles itself at smaller shifts."""
MAX_SIDE = 128
"""Maximum side (pixels) of the analysed part of an area."""
MIN_AREA = 400
"""Minimum area (pixels) to analyse."""
MIN_CORRELATION = 0.4
"""Minimum autocorrelation of a repetition; ordinary texture stays below."""
MIN_OVERLAP = 0.2
"""Minimum overlap of an area with its shifted copy (share of the area)."""


def repetition(patch: Patch) -> float:
    """Self-similarity of the fill beyond that of its ring: 0 not more, 1 exact copies.

    The highest peak of the masked normalised autocorrelation (Padfield, "Masked object registration
    in the Fourier domain", 2012) at shifts of at least :data:`MIN_SHIFT`.
    """
    if patch.solid.sum() < MIN_AREA:
        return 0.0
    peak = _peak(patch.after_luma, patch.solid)
    return max(0.0, peak - _peak(patch.after_luma, patch.ring)) if peak > MIN_CORRELATION else 0.0


def _peak(luma: Floats, where: Bools) -> float:
    if where.sum() < MIN_AREA:
        return 0.0
    from scipy import fft  # a second of imports, for the few photos with a mask

    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    part = tuple(_middle(line) for line in (rows, columns))
    weight = where[part].astype(np.float32)
    texture = (luma[part] - around(luma[part], where[part], 9)) * weight
    power = float((texture * texture).sum()) / max(1.0, float(weight.sum()))
    if power < 0.5:  # less than one grey level of texture
        return 0.0
    shape = [fft.next_fast_len(2 * side, real=True) for side in weight.shape]
    half = shape[0] // 2 + 1  # an autocorrelation is symmetric
    correlation, overlap = (
        fft.irfft2(np.abs(fft.rfft2(plane, shape)) ** 2, shape)[:half] for plane in (texture, weight)
    )
    min_overlap = MIN_OVERLAP * float(overlap[0, 0])
    valid = overlap > min_overlap
    wide = min(MIN_SHIFT, shape[1] // 2)
    y, x = np.arange(min(MIN_SHIFT, half))[:, None], np.arange(1 - wide, wide)
    valid[y, x] &= np.hypot(y, x) >= MIN_SHIFT
    if not valid.any():
        return 0.0
    return float(np.where(valid, correlation / np.maximum(overlap, min_overlap), -1).max() / power)


def _middle(line: np.ndarray[tuple[int], np.dtype[np.int64]]) -> slice:
    first, last = int(line[0]), int(line[-1]) + 1
    margin = max(0, last - first - MAX_SIDE) // 2
    return slice(first + margin, min(last, first + margin + MAX_SIDE))
