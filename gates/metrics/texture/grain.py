"""Grain: strength of the finest detail."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Bools, Floats, Greys

SECOND_DERIVATIVE = np.array([1, -2, 1], np.float32)


def grain(luma: Greys | Floats) -> Floats:
    """[H, W] float32 local estimate of the standard deviation of white noise in grey levels.

    Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996.
    The mean over an area is the paper's estimate for that area.

    Args:
        luma: [H, W] uint8 or float32, 0..255.
    """
    response = np.asarray(cv2.sepFilter2D(luma, cv2.CV_32F, SECOND_DERIVATIVE, SECOND_DERIVATIVE))
    np.abs(response, out=response)
    return cast(Floats, np.multiply(response, np.float32(np.sqrt(np.pi / 2) / 6), out=response))


def detail(luma: Floats, fine: int, coarse: int) -> Floats:
    """[H, W] float32 absolute difference of two box means, one band of detail.

    A band of a Laplacian pyramid (Burt and Adelson, 1983) with boxes instead of Gaussians.

    Args:
        luma: [H, W] float32, 0..255.
        fine, coarse: sides of both boxes in pixels.
    """
    return cast(Floats, np.abs(cv2.blur(luma, (fine, fine)) - cv2.blur(luma, (coarse, coarse))))


def around(level: Floats, where: Bools, side: int) -> Floats:
    """[H, W] float32 mean of ``level`` over the True pixels of ``where`` in a window of ``side`` pixels.

    Normalised convolution: Knutsson and Westin, 1993.
    """
    weight = where.astype(np.float32)
    share = cv2.blur(weight, (side, side))
    return cast(Floats, cv2.blur(level * weight, (side, side)) / np.maximum(share, 1e-6))
