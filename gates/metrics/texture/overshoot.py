"""Ringing and halos: values of an enlargement outside the range of the input's neighbouring pixels."""

from typing import TypeVar, cast

import cv2
import numpy as np

from gates.patch import Floats, Greys

T = TypeVar("T", Greys, Floats)


def overshoot(small: T, large: T) -> T:
    """[h, w] greatest distance (grey levels) of ``large`` from the range of the 3 × 3 input pixels around each pixel.

    Ringing as defined by Shan et al., "Fast image/video upsampling", 2008.

    Args:
        small: [h, w] luma of the input, uint8 (quicker) or float32.
        large: [H, W] luma of the enlargement, of the same dtype.
    """
    around = np.ones((3, 3), np.uint8)
    size = (small.shape[1], small.shape[0])
    scale = [max(1, round(big / little)) for big, little in zip(large.shape, small.shape, strict=True)]
    square = np.ones(scale, np.uint8)
    # the extreme over the area of each input pixel, sampled at its centre
    high = cv2.resize(cv2.dilate(large, square), size, interpolation=cv2.INTER_NEAREST)
    low = cv2.resize(cv2.erode(large, square), size, interpolation=cv2.INTER_NEAREST)
    above = cv2.subtract(high, cv2.dilate(small, around))
    below = cv2.subtract(cv2.erode(small, around), low)
    return cast(T, np.maximum(cv2.max(above, below), 0))
