"""Error in places: what an average over the whole picture hides."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

CELL = 16
"""Side in pixels of the cells that are judged one by one."""
MASKING = 0.15
"""Share of a cell's own activity that an error may hide behind."""
FLOOR = 1.0
"""Grey levels of error that nobody sees on a smooth ground."""


SAMPLE = (16, 64)
"""Of so many lines, the first, which say how far one picture is the other sharpened or softened."""
CLIPPED = 8.0
"""Grey levels beyond which a change says no more of that: one spoilt place must not speak for the whole."""
STIFF = 0.05
"""Power, grey levels squared, added to that of edges: without any, nothing was sharpened."""


def local_error(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] RMS error of each cell over what its own contrast hides; 1 is about the limit of sight.

    Contrast masking in its plainest form (Legge and Foley, "Contrast masking in human vision", 1980):
    the threshold rises with the contrast that is there.

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    return _seen(means_of(_powers, (reference, luma), _size(luma)))


def local_errors(reference: Floats, luma: Floats) -> tuple[Floats, Floats]:
    """:func:`local_error`, and the same without what all edges have in common: that they are sharper or softer.

    Interpolation is linear, so an enlargement by it, shrunk again, differs from its input by some of the
    input's own edges (Irani and Peleg, "Improving resolution by image registration", 1991, feed that
    difference back). By least squares it is taken off; texture that was invented or lost stays.

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    fine, coarse = _sharpened(reference, luma)

    def powers(reference: Floats, luma: Floats) -> tuple[Floats, ...]:
        near, wide = _edges(reference)
        left = cv2.subtract(cv2.subtract(luma, reference), cv2.addWeighted(near, fine, wide, coarse, 0))
        return *_powers(reference, luma), cast(Floats, left * left)

    square, mean, power, left = means_of(powers, (reference, luma), _size(luma), reach=2)
    return _seen((square, mean, power)), _seen((left, mean, power))


def _sharpened(reference: Floats, luma: Floats) -> tuple[float, float]:
    """How much of either of :func:`_edges` came in, by least squares."""
    square, product = np.zeros((2, 2)), np.zeros(2)
    for top in range(0, len(reference), SAMPLE[1]):
        lines = np.s_[top : top + SAMPLE[0]]
        edges = [plane.ravel() for plane in _edges(reference[lines])]
        change = np.clip(luma[lines] - reference[lines], -CLIPPED, CLIPPED).ravel()
        square += [[float(one @ other) for other in edges] for one in edges] + np.eye(2) * STIFF * len(change)
        product += [float(one @ change) for one in edges]
    fine, coarse = np.linalg.solve(square, product)
    return float(fine), float(coarse)


def _powers(reference: Floats, luma: Floats) -> tuple[Floats, Floats, Floats]:
    difference = luma - reference
    return difference * difference, reference, reference * reference


def _edges(luma: Floats) -> tuple[Floats, Floats]:
    """What a narrow and a wider mean take away."""
    near, wide = (cv2.subtract(luma, cv2.blur(luma, (side, side))) for side in (3, 5))
    return cast(Floats, near), cast(Floats, wide)


def _size(luma: Floats) -> tuple[int, int]:
    return max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL)


def _seen(means: Sequence[Floats]) -> Floats:
    """RMS error over what hides it, from the means of :func:`_powers`."""
    square, mean, power = means
    activity = np.sqrt(np.maximum(0, power - mean * mean))
    return cast(Floats, np.sqrt(np.maximum(0, square)) / (FLOOR + MASKING * activity))
