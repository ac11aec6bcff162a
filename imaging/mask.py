"""Masks given as picture files."""

import cv2
import numpy as np

from imaging.codec import Codec
from imaging.limits import Limits
from line.picture import Mask


def read_mask(codec: Codec, name: str, data: bytes) -> Mask:
    """The luma of a picture file of any format, [H, W] uint8, upright; transparent pixels are black.

    Raises:
        RefusedError: the file cannot be read or exceeds the limits.
    """
    decoded = codec.decode(name, data, limits=Limits(min_side=1), background="#000000")
    return np.asarray(cv2.cvtColor(decoded.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
