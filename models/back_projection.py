"""Bicubic enlargement, corrected until its reduction equals the input."""

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.contract import Upscaler

CORRECTIONS = (1.7, 1.5, 1.3)
"""Weight of each round of correction. Weights above 1 over-relax: three such rounds equal five rounds of weight 1."""


class BackProjection(Upscaler):
    """Iterative back projection (Irani and Peleg, 1991), limited to the range of neighbouring pixels.

    A pixel of a photo is about the mean of the scene over its area, so the reduction of a good enlargement by area
    means equals the photo. Each round adds the remaining difference. Every value stays within the range of the 3 × 3
    photo pixels around it, which prevents ringing.
    """

    name = "back_projection"
    licence = "MIT"
    source = "Irani & Peleg, Improving resolution by image registration, CVGIP 53(3), 1991"
    revision = "2"
    memory_per_megapixel = 90.0

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        # one channel at a time needs a third of the memory
        channels = [_enlarge(np.asarray(channel, np.uint8), size) for channel in cv2.split(rgb)]
        return np.asarray(cv2.merge(channels), np.uint8)


def _enlarge(photo: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """One channel [h, w] uint8 enlarged to ``size`` (width, height)."""
    input_size = (photo.shape[1], photo.shape[0])
    around = np.ones((3, 3), np.uint8)
    exact = photo.astype(np.float32)
    lowest, highest = (
        cv2.resize(bound.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        for bound in (cv2.erode(photo, around), cv2.dilate(photo, around))
    )
    large = cv2.resize(exact, size, interpolation=cv2.INTER_CUBIC)
    for weight in (0.0, *CORRECTIONS):
        if weight:
            missing = cv2.subtract(exact, cv2.resize(large, input_size, interpolation=cv2.INTER_AREA))
            added = cv2.resize(missing, size, interpolation=cv2.INTER_CUBIC)
            cv2.scaleAdd(added, weight, large, dst=large)
        cv2.max(large, lowest, dst=large)
        cv2.min(large, highest, dst=large)
    return np.asarray(cv2.convertScaleAbs(large), np.uint8)  # rounds to the nearest level


MODELS = (BackProjection,)
