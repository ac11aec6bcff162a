"""Detection of swapped colour channels."""

from itertools import permutations

import cv2

from gates.patch import Floats


def swap_gain(before: Floats, after: Floats) -> float:
    """Mean grey levels by which the best other channel order of ``after`` fits ``before`` better; 0 if none does.

    All six orders are compared.

    Args:
        before, after: [rows, columns, 3] float32 area means of both pictures, RGB, 0..255.
    """
    distances = [
        [float(cv2.absdiff(one, other).mean()) for other in cv2.split(after)] for one in cv2.split(before)
    ]
    orders = permutations(range(3))
    errors = [sum(distances[one][other] for one, other in enumerate(order)) / 3 for order in orders]
    return max(0.0, errors[0] - min(errors))
