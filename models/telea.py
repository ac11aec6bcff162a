"""OpenCV's fast-marching inpainting: fast and smooth, without grain."""

from typing import cast

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Filler

RADIUS = 3
"""Radius of the neighbourhood (pixels); 7 takes four times as long for 0.1 dB."""


class Telea(Filler):
    """Telea, "An image inpainting technique based on the fast marching method", 2004."""

    name = "telea"
    licence = "Apache-2.0"
    source = "https://docs.opencv.org/ (cv2.inpaint, INPAINT_TELEA)"
    revision = "opencv/1"

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        return cast(Rgb, cv2.inpaint(rgb, (mask > 0).astype(np.uint8), RADIUS, cv2.INPAINT_TELEA))


MODELS = (Telea,)
