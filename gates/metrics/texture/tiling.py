"""Micro-tiling: a small repeated pattern, such as the checkerboard of transposed convolutions."""

import cv2
import numpy as np

from gates.patch import Floats

PERIODS = range(3, 17)
"""Periods searched (pixels). A period of two also comes from the demosaicing of raw photos."""
PARTS = 3
"""Number of rows and of columns of equal parts, each measured separately."""
MAX_SIDE = 1152
"""Maximum side (pixels) of the measured centre."""
MAX_DIFFERENCE = 16.0
"""Maximum difference (grey levels) of a faint pattern; greater differences, which belong to edges, are clipped."""
MIN_REPETITIONS = 400
"""Minimum number of repetitions of a period within a part."""


def tiling(reference: Floats, luma: Floats) -> float:
    """RMS (grey levels) of the strongest periodic pattern in ``luma`` that ``reference`` lacks.

    The difference is folded at each period and averaged (epoch folding: Leahy et al., "On searches for pulsed
    emission", 1983). Checkerboards (Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", 2016) add
    up; other differences average out. The variance expected by chance is subtracted. The median over all parts is
    taken, so that a texture in one place does not count.

    Args:
        reference, luma: [H, W] float32 of one size, 0..255.
    """
    sides = [min(side, MAX_SIDE) for side in luma.shape]
    area = tuple(
        slice((whole - side) // 2, (whole + side) // 2) for whole, side in zip(luma.shape, sides, strict=True)
    )
    after, before = luma[area], reference[area]
    height, width = (side // PARTS for side in after.shape)
    periods = [period for period in PERIODS if height * width >= MIN_REPETITIONS * period * period]
    if not periods:
        return 0.0
    longest = [period for period in periods if 2 * period not in periods]
    spread = np.empty((PARTS, PARTS), np.float32)
    sums = {period: np.empty((PARTS, period * PARTS * width), np.float32) for period in longest}
    for band in range(PARTS):
        part = np.s_[band * height : (band + 1) * height, : PARTS * width]
        added = cv2.subtract(after[part], before[part])
        np.clip(added, -MAX_DIFFERENCE, MAX_DIFFERENCE, out=added)
        spread[:, band] = [cv2.meanStdDev(piece)[1].item() ** 2 for piece in np.split(added, PARTS, axis=1)]
        for period, folded in sums.items():
            lines = added[: height // period * period].reshape(height // period, -1)
            cv2.reduce(lines, 0, cv2.REDUCE_SUM, dst=folded[band : band + 1])
    return max(
        _strongest(sums[period].reshape(PARTS, period, PARTS, width), height, spread) for period in longest
    )


def _strongest(lines: Floats, height: int, spread: Floats) -> float:
    """RMS (grey levels, median over all parts) of the strongest pattern of this period, its half, its quarter, ….

    Args:
        lines: [bands, period, columns, width] sums over all whole periods in a band.
        height: height of a band in pixels.
        spread: [columns, bands] variance of each part.
    """
    period, width = lines.shape[1], lines.shape[3]
    rows = height // period
    lines = np.ascontiguousarray(lines.transpose(2, 3, 0, 1))
    power = 0.0
    while True:
        columns = width // period
        cells = lines[:, : columns * period].reshape(PARTS, columns, period, PARTS, period).sum(axis=1)
        # without row and column means: stripes come from the picture, a tile's pattern varies in both directions
        pattern = cells / np.float32(rows * columns)
        pattern -= pattern.mean(axis=1, keepdims=True)
        pattern -= pattern.mean(axis=3, keepdims=True)
        excess = (pattern * pattern).mean(axis=(1, 3)) - spread / (rows * columns)
        power = max(power, float(np.median(excess)))
        if period % 2 or period // 2 not in PERIODS:
            return float(np.sqrt(power))
        period, rows = period // 2, 2 * rows
        lines = lines[..., :period] + lines[..., period:]
