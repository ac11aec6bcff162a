"""Shift between two pictures, to a tenth of a pixel or better."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats

MARGIN = 5
"""Width (pixels) of the border where the smoothed gradient reads beyond the picture."""
STRIP = 64
"""Height (pixels) of the strips; their planes stay in the processor's cache."""


def shift(reference: Floats, luma: Floats) -> tuple[float, float]:
    """x and y in pixels by which ``luma`` lies right of and below ``reference``.

    One global step of Lucas and Kanade, "An iterative image registration technique with an
    application to stereo vision", 1981, on smoothed pictures. It is exact for shifts below about one
    pixel and a lower bound beyond. Pictures without structure give (0, 0).

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    if min(reference.shape) < 4 * MARGIN:
        return 0.0, 0.0
    tops = range(0, reference.shape[0] - 2 * MARGIN, STRIP)
    strips = [np.s_[top : top + STRIP + 2 * MARGIN] for top in tops]
    products = np.sum([_products(reference[strip], luma[strip]) for strip in strips], axis=0)
    # regularised, so that a picture without edges has no shift
    x, y = np.linalg.solve(products[:, :2] + np.eye(2) * 0.01 * reference.size, products[:, 2])
    return float(x), float(y)


def _products(reference: Floats, luma: Floats) -> NDArray[np.float64]:
    """[2, 3] sums over the inner pixels of gradient × gradient (2 × 2) and gradient × difference (last column)."""
    one, other = (cv2.GaussianBlur(plane, (9, 9), 1.5) for plane in (reference, luma))
    middle = cv2.addWeighted(one, 0.5, other, 0.5, 0)
    gradients = [cv2.Scharr(middle, cv2.CV_32F, *order, scale=1 / 32) for order in ((1, 0), (0, 1))]
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    x, y, change = (plane[inner].ravel() for plane in (*gradients, cv2.subtract(one, other)))
    xy = float(x @ y)
    return np.array([[float(x @ x), xy, float(x @ change)], [xy, float(y @ y), float(y @ change)]])
