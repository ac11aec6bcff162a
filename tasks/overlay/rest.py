"""What would be left of an overlay, or be invented in its place, although its letters are found."""

import cv2
import numpy as np

from line.picture import Mask
from tasks.overlay.laid import ROOM
from tasks.overlay.overlay_map import LAID_FROM, Map, pixels
from tasks.overlay.reading import Reading
from tasks.overlay.strokes import sides

BLURRED = 10
"""Pixels around what is erased in which the map still sees it."""
REST = 0.1
"""Share of what the map sees there that may stay uncovered."""
SIDE = 0.95
"""Share of a side of the photo from which a shape is the frame along it."""


def leaves_rest(reading: Reading, mask: Mask, laid: Map) -> bool:
    """Whether the overlay map sees more around a text than ``mask`` [H, W] uint8 covers: a badge without its ends."""
    room = ROOM * sides(reading.region.quad)[1]
    low, high = reading.region.quad.min(axis=0) - room, reading.region.quad.max(axis=0) + room
    left, top = np.maximum(low, 0).astype(int)
    right, bottom = np.minimum(np.ceil(high), (mask.shape[1], mask.shape[0])).astype(int)
    window = np.s_[int(top) : int(bottom), int(left) : int(right)]
    seen = pixels(laid, mask.shape, window) > LAID_FROM
    covered = cv2.dilate(mask[window], np.ones((2 * BLURRED + 1,) * 2, np.uint8)) > 0
    return bool(seen.any()) and float((seen & ~covered).sum()) > REST * float(seen.sum())


def is_frame(reading: Reading, shape: tuple[int, ...]) -> bool:
    """Whether the shape under a text takes a whole side of a photo of ``shape``: nothing beyond it is known."""
    if reading.shape is None or not reading.shape.is_drawn:
        return False
    drawn = reading.shape.full_mask(shape[1], shape[0]) > 0
    return max(float(side.mean()) for side in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1])) > SIDE
