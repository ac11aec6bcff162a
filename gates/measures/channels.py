"""Colour channels that changed places."""

from itertools import permutations

import numpy as np

from gates.measures.shrunk import shrunk
from line.picture import Rgb

GRID = 64


def swap_gain(before: Rgb, after: Rgb) -> float:
    """Mean grey levels by which another order of the channels would fit ``before`` better; 0 where none does.

    Exhaustive over the six orders, on area means of at most 64 × 64 cells.
    """
    height, width = before.shape[:2]
    size = (min(GRID, width), min(GRID, height))
    one, other = (shrunk(picture, size).astype(np.int16) for picture in (before, after))
    errors = {order: float(np.abs(one - other[..., list(order)]).mean()) for order in permutations(range(3))}
    return max(0.0, errors[(0, 1, 2)] - min(errors.values()))
