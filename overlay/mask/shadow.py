"""The soft shadow that is drawn under letters: it reaches farther than their rims, and would be legible by itself."""

import cv2
import numpy as np
from numpy.typing import NDArray

from overlay.mask.strokes import Strokes, filled_around

Flags = NDArray[np.bool_]
REACH = 0.14
"""How far from the letters a shadow is looked for, in heights of the box."""
DARKER = 6.0
"""Levels of light that it takes from the ground at least."""
MOSTLY = 0.4
"""Share of the pixels on one side of the letters, right outside them, that it darkens."""
FIRMLY = 2.0
"""Times as many as are darker by as much farther away: there it is the ground's own."""
ONE_SIDED = 0.3
"""Share by which it darkens more there than on the opposite side: what is dark all around is the ground too."""
SOFT = np.ones((5, 5), np.uint8)
"""Around the letters moved: a shadow is blurred."""
SIDES = ((1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Ways in which a shadow may fall, as steps of rows and columns."""


def shadow(strokes: Strokes, tall: float) -> Flags:
    """[h, w] bool: pixels around the letters that their shadow darkens; none where no side is darker than the ground.

    Args:
        strokes: the letters, as they will be erased.
        tall: height of their box, working pixels.
    """
    glyphs = strokes.glyphs.astype(np.uint8)
    reach = max(4, round(REACH * tall))
    away = cv2.distanceTransform(1 - glyphs, cv2.DIST_L2, 5)
    far = (away > reach + 1) & (away <= 2 * reach + 4)
    if not glyphs.any() or not far.any():
        return np.zeros_like(strokes.glyphs)
    ground = filled_around(strokes.rgb, far, reach)
    dark = (ground - strokes.rgb).mean(axis=-1) > DARKER
    by_chance = float(dark[far].mean())
    close = (away > 0) & (away <= reach / 2)

    def darkened(down: int, right: int) -> float:
        side = close & _moved(glyphs, down * reach / 2, right * reach / 2)
        return float(dark[side].mean()) if side.any() else 0.0

    for down, right in SIDES:
        least = max(MOSTLY, FIRMLY * by_chance, ONE_SIDED + darkened(-down, -right))
        if darkened(down, right) > least:
            swept = [_moved(glyphs, down * step, right * step) for step in range(1, reach + 1)]
            below = cv2.dilate(np.any(swept, axis=0).astype(np.uint8), SOFT) > 0
            shade = cv2.medianBlur((dark & below & (away > 0)).astype(np.uint8), 3) > 0
            return np.asarray(shade & ~strokes.glyphs, np.bool_)
    return np.zeros_like(strokes.glyphs)


def _moved(glyphs: NDArray[np.uint8], down: float, right: float) -> Flags:
    """[h, w] bool: ``glyphs`` so many pixels further."""
    size = (glyphs.shape[1], glyphs.shape[0])
    way = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(glyphs, way, size, flags=cv2.INTER_NEAREST) > 0, np.bool_)
