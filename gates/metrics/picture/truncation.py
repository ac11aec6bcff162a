"""Half-decoded files: a bottom of one colour where the rest of the photo should be."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Bools
from line.picture import Rgb

LEVELS = 3
"""A decoder's fill is exactly one colour; this allows for what a later JPEG pass does to it."""
ABRUPT = 12.0
"""Grey levels between the last decoded rows and the fill that no white ground shows."""
BLOCK = 16
"""Rows that one line of JPEG blocks may hold, partly decoded."""


def flat_tail(rgb: Rgb) -> float:
    """Share of the height, 0..1, that is one colour at the bottom and breaks off abruptly above.

    What libjpeg leaves where data ends early is mid-grey or the last colour, over whole lines of
    8 or 16 rows (ITU-T T.81, section B.2.5; libjpeg, "libjpeg.txt", on corrupt data); PNG and raw
    decoders leave black. A white ground is not counted, nor one that the photo runs into softly,
    nor one that the top has as well.

    Args:
        rgb: [H, W, 3] uint8.
    """
    height, width = rgb.shape[:2]
    last = np.median(rgb[-1], axis=0)
    if height < 2 * BLOCK or width < BLOCK or last.min() >= 250:
        return 0.0
    # a tail must be plain in a few columns before the whole rows are looked at
    columns = np.ascontiguousarray(rgb[:, :: max(1, width // 64)])
    plain = np.asarray(_alike(columns, last).all(axis=1))
    rows = int(np.argmin(plain[::-1])) if not plain.all() else height
    if rows in (0, height) or plain[0]:
        return 0.0
    if rows * 50 < height or (~_alike(rgb[height - rows :], last)).mean() > 0.001:
        return 0.0
    above = rgb[max(0, height - rows - 2 * BLOCK) : height - rows].astype(np.float32)
    distance = np.abs(above - last).max(axis=2)[::-1]
    # the last line of blocks may be half decoded: in each column, the four rows above where it ends
    ends = np.argmax(distance > LEVELS, axis=0)
    steps = [
        np.take_along_axis(distance, np.minimum(ends + up, len(distance) - 1)[None], 0) for up in range(4)
    ]
    return rows / height if float((np.mean(steps, axis=0) > ABRUPT).mean()) > 0.6 else 0.0


def _alike(rgb: Rgb, colour: NDArray[np.float64]) -> Bools:
    """[H, W] where every channel is within :data:`LEVELS` of ``colour`` [3]."""
    low, high = np.ceil(colour - LEVELS), np.floor(colour + LEVELS)
    return np.asarray(cv2.inRange(rgb, np.maximum(low, 0), np.minimum(high, 255))) > 0
