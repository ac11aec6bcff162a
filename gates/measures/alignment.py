"""Shift between two pictures, to a tenth of a pixel or better."""

import cv2
import numpy as np

from gates.patch import Floats

MARGIN = 4


def shift(reference: Floats, luma: Floats) -> tuple[float, float]:
    """x and y in pixels by which ``luma`` lies right of and below ``reference``.

    One global step of Lucas and Kanade, "An iterative image registration technique with an
    application to stereo vision", 1981, on smoothed pictures; exact for shifts below about a
    pixel, a lower bound beyond. (0, 0) where there is nothing to hold on to.

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    if min(reference.shape) < 4 * MARGIN:
        return 0.0, 0.0
    one, other = (cv2.GaussianBlur(plane, (9, 9), 1.5) for plane in (reference, luma))
    inner = np.s_[MARGIN:-MARGIN, MARGIN:-MARGIN]
    middle = (one + other) / 2
    dx = cv2.Scharr(middle, cv2.CV_32F, 1, 0, scale=1 / 32)[inner].ravel()
    dy = cv2.Scharr(middle, cv2.CV_32F, 0, 1, scale=1 / 32)[inner].ravel()
    change = (one - other)[inner].ravel()
    xx, xy, yy = float(dx @ dx), float(dx @ dy), float(dy @ dy)
    # a little stiffness: a picture without edges has no shift
    stiff = 0.01 * dx.size
    system = np.array([[xx + stiff, xy], [xy, yy + stiff]])
    x, y = np.linalg.solve(system, [float(dx @ change), float(dy @ change)])
    return float(x), float(y)
