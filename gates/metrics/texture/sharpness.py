"""Sharpness: energy of the Laplacian compared with that of the input."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.picture.area import means_of
from gates.patch import Floats

FLOOR = 2.0
"""Mean absolute Laplacian (grey levels) added to both sides, so that a blank surface cannot lose sharpness."""
TILE = 64
"""Side (pixels) of the tiles of :func:`sharpness_change`."""
CELL = 16
"""Side (pixels) of the cells of :func:`faint_detail_loss`."""
MAX_FAINT = 6.0
"""Maximum absolute Laplacian (grey levels) of faint detail; greater values, which belong to edges, are clipped."""
ROUNDING = 1.5
"""Mean absolute Laplacian (grey levels) added to both sides: rounding noise of a blank surface."""


def laplacian(luma: Floats) -> Floats:
    """[H, W] float32 absolute response of the 3 × 3 Laplacian."""
    response = cv2.Laplacian(luma, cv2.CV_32F)
    return cast(Floats, np.abs(response, out=response))


def faint_detail_loss(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] float32 loss of faint detail in each cell, as -log2 of the ratio of Laplacians.

    It shows smoothing that removes fine texture, such as a weave, and preserves edges. The Laplacian is clipped, so
    that edges do not outweigh the texture beside them.

    Args:
        reference, luma: [H, W] float32, 0..255.
    """
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    detail, reference_detail = means_of(
        lambda *planes: [np.minimum(laplacian(plane), MAX_FAINT) for plane in planes],
        (luma, reference),
        size,
        halo=1,
    )
    return cast(Floats, -np.log2((detail + ROUNDING) / (reference_detail + ROUNDING)))


def sharpness_change(reference: Floats, luma: Floats, floor: float = FLOOR) -> Floats:
    """[rows, columns] float32 log2 of each tile's sharpness over that of the reference.

    The modified Laplacian of Nayar and Nakagawa, "Shape from focus", 1994, as compared by Pertuz,
    Puig and Garcia, "Analysis of focus measure operators for shape-from-focus", 2013.

    Args:
        reference, luma: [H, W] float32, 0..255.
        floor: mean absolute Laplacian (grey levels) added to both sides of the ratio.
    """
    size = (max(1, luma.shape[1] // TILE), max(1, luma.shape[0] // TILE))
    detail, reference_detail = means_of(
        lambda *planes: [laplacian(plane) for plane in planes], (luma, reference), size, halo=1
    )
    return cast(Floats, np.log2((detail + floor) / (reference_detail + floor)))
