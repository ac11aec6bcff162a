"""Colour channels that changed places."""

from itertools import permutations

import cv2

from gates.measures.area import area_means
from line.picture import Rgb

GRID = 64


def swap_gain(before: Rgb, after: Rgb) -> float:
    """Mean grey levels by which another order of the channels would fit ``before`` better; 0 where none does.

    Exhaustive over the six orders, on area means of at most 64 × 64 cells.
    """
    height, width = before.shape[:2]
    size = (min(GRID, width), min(GRID, height))
    one, other = (area_means(picture, size) for picture in (before, after))
    apart = [[float(cv2.absdiff(mine, its).mean()) for its in cv2.split(other)] for mine in cv2.split(one)]
    errors = [sum(apart[mine][its] for mine, its in enumerate(order)) / 3 for order in permutations(range(3))]
    return max(0.0, errors[0] - min(errors))
