"""Colour channels that changed places."""

from itertools import permutations

import cv2
import numpy as np

from line.picture import Rgb

GRID = 64


def swap_gain(before: Rgb, after: Rgb) -> float:
    """Mean grey levels by which another order of the channels would fit ``before`` better; 0 where none does.

    Exhaustive over the six orders, on area means of at most 64 × 64 cells.
    """
    height, width = before.shape[:2]
    size = (min(GRID, width), min(GRID, height))
    one, other = (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.int16)
        for picture in (before, after)
    )
    errors = {order: float(np.abs(one - other[..., list(order)]).mean()) for order in permutations(range(3))}
    return max(0.0, errors[(0, 1, 2)] - min(errors.values()))
