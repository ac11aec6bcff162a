"""Micro-tiling: a small pattern added over and over, as transposed convolutions leave it."""

import numpy as np

from gates.patch import Floats

PERIODS = range(3, 17)
"""Pixels; what comes every second pixel is how a raw photo's colours were read."""
PARTS = 3
"""Rows and columns of equal parts looked at one by one."""
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
    height, width = (side // PARTS for side in added.shape)
    periods = [period for period in PERIODS if height * width >= FEWEST * period * period]
    if not periods:
        return 0.0
    bands = added[: PARTS * height].reshape(PARTS, height, -1)
    spread = _by_part(bands, width).var(axis=(1, 3))
    return max(_folded(bands, width, period, spread) for period in periods)


def _folded(bands: Floats, width: int, period: int, spread: Floats) -> float:
    """Grey levels of the pattern of one period in the middle part; ``spread`` [PARTS, PARTS] is each one's variance."""
    rows, columns = bands.shape[1] // period, width // period
    # whole rows first: they lie in one piece
    lines = bands[:, : rows * period].reshape(PARTS, rows, period, -1).mean(axis=1)
    cells = (
        _by_part(lines, width)[..., : columns * period]
        .reshape(PARTS, period, PARTS, columns, period)
        .mean(axis=3)
    )
    # whole rows and columns differ by what is in the picture: a tile's pattern does in both directions
    pattern = cells - cells.mean(axis=1, keepdims=True)
    pattern -= pattern.mean(axis=3, keepdims=True)
    left = (pattern**2).mean(axis=(1, 3)) - spread / (rows * columns)
    return float(np.sqrt(max(0.0, float(np.median(left)))))


def _by_part(bands: Floats, width: int) -> Floats:
    """[bands, rows, PARTS, width] of [bands, rows, W]."""
    return bands[..., : PARTS * width].reshape(*bands.shape[:2], PARTS, width)
