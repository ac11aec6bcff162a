"""Partly decoded files: a bottom in one colour instead of the rest of the photo."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Bools
from line.picture import Rgb

MAX_FILL_DIFFERENCE = 3
"""Maximum difference (grey levels) of the decoder's fill from one colour, as a later JPEG encoding leaves it."""
MIN_EDGE_STEP = 12.0
"""Minimum step (grey levels) between the last decoded rows and the fill."""
BLOCK_ROWS = 16
"""Maximum height (pixels) of one line of JPEG blocks, which may be decoded partly."""


def flat_tail(rgb: Rgb) -> float:
    """Share of the height, 0..1, that is filled with one colour at the bottom below an abrupt edge.

    If the data ends early, libjpeg fills whole lines of 8 or 16 rows with mid-grey or the last colour (ITU-T T.81,
    section B.2.5; libjpeg, "libjpeg.txt", on corrupt data); PNG and raw decoders leave black. A white bottom does
    not count, nor one with a soft transition, nor one whose colour the top row has as well.

    Args:
        rgb: [H, W, 3] uint8.
    """
    height, width = rgb.shape[:2]
    last = np.median(rgb[-1], axis=0)
    if height < 2 * BLOCK_ROWS or width < BLOCK_ROWS or last.min() >= 250:
        return 0.0
    # test a few columns first: whole rows are slow
    columns = np.ascontiguousarray(rgb[:, :: max(1, width // 64)])
    plain = np.asarray(_has_colour(columns, last).all(axis=1))
    rows = int(np.argmin(plain[::-1])) if not plain.all() else height
    if rows in (0, height) or plain[0]:
        return 0.0
    if rows * 50 < height or (~_has_colour(rgb[height - rows :], last)).mean() > 0.001:
        return 0.0
    above = rgb[max(0, height - rows - 2 * BLOCK_ROWS) : height - rows].astype(np.float32)
    distance = np.abs(above - last).max(axis=2)[::-1]
    # the last line of blocks may be partly decoded, so the edge is measured in each column over four rows
    ends = np.argmax(distance > MAX_FILL_DIFFERENCE, axis=0)
    steps = [
        np.take_along_axis(distance, np.minimum(ends + up, len(distance) - 1)[None], 0) for up in range(4)
    ]
    return rows / height if float((np.mean(steps, axis=0) > MIN_EDGE_STEP).mean()) > 0.6 else 0.0


def _has_colour(rgb: Rgb, colour: NDArray[np.float64]) -> Bools:
    """[H, W] bool, True if every channel is within :data:`MAX_FILL_DIFFERENCE` of ``colour`` [3]."""
    low, high = np.ceil(colour - MAX_FILL_DIFFERENCE), np.floor(colour + MAX_FILL_DIFFERENCE)
    return np.asarray(cv2.inRange(rgb, np.maximum(low, 0), np.minimum(high, 255))) > 0
