"""Micro-tiling: a small pattern added over and over, as transposed convolutions leave it."""

import cv2
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
    ours, theirs = luma[area], reference[area]
    height, width = (side // PARTS for side in ours.shape)
    periods = [period for period in PERIODS if height * width >= FEWEST * period * period]
    if not periods:
        return 0.0
    longest = [period for period in periods if 2 * period not in periods]
    spread = np.empty((PARTS, PARTS), np.float32)
    sums = {period: np.empty((PARTS, period * PARTS * width), np.float32) for period in longest}
    for band in range(PARTS):
        part = np.s_[band * height : (band + 1) * height, : PARTS * width]
        added = cv2.subtract(ours[part], theirs[part])
        np.clip(added, -ODD, ODD, out=added)
        spread[:, band] = [cv2.meanStdDev(piece)[1].item() ** 2 for piece in np.split(added, PARTS, axis=1)]
        for period, found in sums.items():  # whole rows first: they lie in one piece
            lines = added[: height // period * period].reshape(height // period, -1)
            cv2.reduce(lines, 0, cv2.REDUCE_SUM, dst=found[band : band + 1])
    return max(
        _strongest(sums[period].reshape(PARTS, period, PARTS, width), height, spread) for period in longest
    )


def _strongest(lines: Floats, height: int, spread: Floats) -> float:
    """Grey levels in the middle part of a pattern of this period, of half of it, of a quarter, ….

    Args:
        lines: [bands, period, columns, width] sums over all whole periods in a band.
        height: of a band.
        spread: [columns, bands] variance of each part.
    """
    period, width = lines.shape[1], lines.shape[3]
    rows = height // period
    lines = np.ascontiguousarray(lines.transpose(2, 3, 0, 1))
    power = 0.0
    while True:
        columns = width // period
        cells = lines[:, : columns * period].reshape(PARTS, columns, period, PARTS, period).sum(axis=1)
        # whole rows and columns differ by what is in the picture: a tile's pattern does in both directions
        pattern = cells / np.float32(rows * columns)
        pattern -= pattern.mean(axis=1, keepdims=True)
        pattern -= pattern.mean(axis=3, keepdims=True)
        left = (pattern * pattern).mean(axis=(1, 3)) - spread / (rows * columns)
        power = max(power, float(np.median(left)))
        if period % 2 or period // 2 not in PERIODS:
            return float(np.sqrt(power))
        period, rows = period // 2, 2 * rows
        lines = lines[..., :period] + lines[..., period:]
