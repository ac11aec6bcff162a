"""Sharpness: the energy of the Laplacian against that of the input."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

FLOOR = 2.0
"""Mean absolute Laplacian, grey levels, added to both: a blank surface cannot lose sharpness."""
TILE = 64
"""Side in pixels of the tiles compared one by one."""
CELL = 16
"""Side in pixels of the cells in which faint detail is compared."""
EDGE = 6.0
"""Absolute Laplacian, grey levels, from which a pixel belongs to an edge and counts no more."""
ROUNDING = 1.5
"""Mean absolute Laplacian, grey levels, added to both: what rounding makes of a blank surface."""


def laplacian(luma: Floats) -> Floats:
    """[H, W] float32 absolute response of the 3 × 3 Laplacian."""
    found = cv2.Laplacian(luma, cv2.CV_32F)
    return cast(Floats, np.abs(found, out=found))


def faded(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] halvings of faint detail, cell by cell: the weave that smoothing takes, leaving edges.

    The Laplacian of :func:`sharpness_change`, its size cut off so that no edge outweighs the texture beside it.

    Args:
        reference, luma: [H, W] float32, 0..255.
    """
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    ours, theirs = means_of(
        lambda *planes: [np.minimum(laplacian(plane), EDGE) for plane in planes],
        (luma, reference),
        size,
        reach=1,
    )
    return cast(Floats, -np.log2((ours + ROUNDING) / (theirs + ROUNDING)))


def sharpness_change(reference: Floats, luma: Floats, floor: float = FLOOR) -> Floats:
    """[rows, columns] log2 of sharpness over the reference's, tile by tile; 0 where alike.

    The modified Laplacian of Nayar and Nakagawa, "Shape from focus", 1994, as compared by Pertuz,
    Puig and Garcia, "Analysis of focus measure operators for shape-from-focus", 2013.

    Args:
        reference, luma: [H, W] float32, 0..255.
        floor: mean absolute Laplacian added to both.
    """
    size = (max(1, luma.shape[1] // TILE), max(1, luma.shape[0] // TILE))
    ours, theirs = means_of(
        lambda *planes: [laplacian(plane) for plane in planes], (luma, reference), size, reach=1
    )
    return cast(Floats, np.log2((ours + floor) / (theirs + floor)))
