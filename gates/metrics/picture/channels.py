"""Colour channels that changed places."""

from itertools import permutations

import cv2

from gates.patch import Floats


def swap_gain(before: Floats, after: Floats) -> float:
    """Mean grey levels by which another order of the channels would fit ``before`` better; 0 where none does.

    Exhaustive over the six orders.

    Args:
        before, after: [rows, columns, 3] area means of both pictures.
    """
    apart = [[float(cv2.absdiff(mine, its).mean()) for its in cv2.split(after)] for mine in cv2.split(before)]
    errors = [sum(apart[mine][its] for mine, its in enumerate(order)) / 3 for order in permutations(range(3))]
    return max(0.0, errors[0] - min(errors))
