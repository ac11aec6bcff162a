"""Whether letters stand on the photo itself, or on a banner that was laid under them."""

import cv2
import numpy as np

from tasks.overlay.overlay_map import Map, pixels
from tasks.overlay.strokes import Strokes

BLURRED = 6
"""Pixels around letters in which the overlay map still sees them."""
LETTERS, BETWEEN = 0.6, 0.1
"""Mean of the map on letters above which it sees them, and between them below which there is no banner."""


def stands_bare(strokes: Strokes, laid: Map, shape: tuple[int, ...]) -> bool:
    """Whether the overlay map ``laid`` of a photo of ``shape`` sees the letters, and nothing between them."""
    high, wide = strokes.box.shape  # large letters are looked at smaller
    here = cv2.resize(pixels(laid, shape, strokes.window), (wide, high), interpolation=cv2.INTER_NEAREST)
    reach = max(3, int(2 * BLURRED * strokes.scale) | 1)
    near = cv2.dilate(strokes.glyphs.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    letters, between = here[strokes.glyphs], here[strokes.box & ~near]
    if not letters.size or not between.size:
        return False
    return float(letters.mean()) > LETTERS and float(between.mean()) < BETWEEN
