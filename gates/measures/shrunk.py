"""Pictures shrunk by area means, quickly."""

from typing import cast

import cv2

from line.picture import Rgb


def shrunk(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """``rgb`` [H, W, 3] uint8 at ``size`` (width, height), each pixel the mean of the area under it.

    Halved first while it is four times too large, which is many times quicker than one big step;
    an odd last row or column is left out of a halving.
    """
    while rgb.shape[1] >= 4 * size[0] and rgb.shape[0] >= 4 * size[1]:
        half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
        rgb = cast(Rgb, cv2.resize(rgb[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA))
    return cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
