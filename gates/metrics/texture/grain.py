"""Grain: the strength of the finest detail, which a smooth fill loses and a bad one invents."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Bools, Floats, Greys

SECOND = np.array([1, -2, 1], np.float32)


def grain(luma: Greys | Floats) -> Floats:
    """[H, W] local estimate of the standard deviation of white noise, grey levels.

    Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996:
    the mean of this over an area is that paper's estimate for it.

    Args:
        luma: [H, W] uint8 or float32, 0..255.
    """
    response = np.asarray(cv2.sepFilter2D(luma, cv2.CV_32F, SECOND, SECOND))
    np.abs(response, out=response)
    return cast(Floats, np.multiply(response, np.float32(np.sqrt(np.pi / 2) / 6), out=response))


def detail(luma: Floats, fine: int, coarse: int) -> Floats:
    """[H, W] absolute difference of two means, of ``fine`` and of ``coarse`` pixels: one band of detail.

    The band of a Laplacian pyramid (Burt and Adelson, 1983) with box means for Gaussians.
    """
    return cast(Floats, np.abs(cv2.blur(luma, (fine, fine)) - cv2.blur(luma, (coarse, coarse))))


def around(level: Floats, where: Bools, side: int) -> Floats:
    """Mean of ``level`` over the pixels of ``where`` within a window of ``side``."""
    weight = where.astype(np.float32)
    share = cv2.blur(weight, (side, side))
    return cast(Floats, cv2.blur(level * weight, (side, side)) / np.maximum(share, 1e-6))
