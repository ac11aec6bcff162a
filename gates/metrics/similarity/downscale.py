"""Downscaling by area means."""

from typing import cast

import cv2

from line.picture import Rgb


def downscale(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """``rgb`` [H, W, 3] uint8 scaled to ``size`` (width, height); each pixel is the mean of the area that it covers.

    One step, although halving first is faster: halving drops odd rows, and the resulting shift against a picture of
    another size would count as a change of colour.
    """
    return cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
