"""Micro-tiling: a small pattern added over and over, as transposed convolutions leave it."""

import numpy as np

from gates.patch import Floats

PERIODS = range(3, 17)
"""Pixels; what comes every second pixel is how a raw photo's colours were read."""
PARTS = 3
"""Rows and columns of parts looked at one by one."""
MOST = 1152
"""Side in pixels of the middle that is looked at."""
ODD = 16.0
"""Grey levels beyond which a difference is no faint pattern but an edge."""
FEWEST = 400
"""Repetitions that a part must hold of a period."""


def tiling(reference: Floats, luma: Floats) -> float:
    """Grey levels (RMS) of the strongest pattern of an even period that ``luma`` has over ``reference``.

    The difference is folded at each period and averaged (epoch folding, Leahy et al., "On searches for
    pulsed emission", 1983; the checkerboards of Odena, Dumoulin and Olah, "Deconvolution and checkerboard
    artifacts", 2016, add up, all else averages out), less the variance that its own spread leaves by chance. Half
    of all parts of the picture must show it, so that cloth in one place is none.

    Args:
        reference, luma: [H, W] float32 of one size, 0..255.
    """
    area = tuple(slice((side - min(side, MOST)) // 2, (side + min(side, MOST)) // 2) for side in luma.shape)
    added = np.clip(luma[area] - reference[area], -ODD, ODD)
    bands = np.array_split(added, PARTS)
    parts = [np.ascontiguousarray(part) for band in bands for part in np.array_split(band, PARTS, axis=1)]
    spread = [float(part.var()) if part.size else 0.0 for part in parts]
    strongest = 0.0
    for period in PERIODS:
        found = [
            _folded(part, period, variance)
            for part, variance in zip(parts, spread, strict=True)
            if part.size >= FEWEST * period * period
        ]
        if found:
            strongest = max(strongest, float(np.median(found)))
    return strongest


def _folded(part: Floats, period: int, variance: float) -> float:
    height, width = (side // period * period for side in part.shape)
    # whole rows first: they lie in one piece
    rows = part[:height].reshape(-1, period, part.shape[1]).mean(axis=0)[:, :width]
    cells = rows.reshape(period, -1, period).mean(axis=1)
    # whole rows and columns differ by what is in the picture: a tile's pattern does in both directions
    pattern = cells - cells.mean(axis=0) - cells.mean(axis=1, keepdims=True) + cells.mean()
    chance = variance * period * period / (height * width)
    return float(np.sqrt(max(0.0, float((pattern**2).mean()) - chance)))
