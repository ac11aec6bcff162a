"""Pictures shrunk by area means."""

from typing import cast

import cv2

from line.picture import Rgb


def shrunk(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """``rgb`` [H, W, 3] uint8 at ``size`` (width, height), each pixel the mean of the area under it.

    In one step: halving first is quicker, but a halving that leaves an odd row out moves the picture
    against another of a different size, which then looks like a change of colour.
    """
    return cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
