"""A mask that a person gives as a picture file."""

import cv2
import numpy as np

from imaging.limits import Limits
from imaging.sandbox.photo_client import decode_apart
from line.picture import Mask


def read_mask(name: str, data: bytes) -> Mask:
    """The greys of a picture file of any kind, [H, W] uint8, upright; what is transparent is black.

    Raises:
        RefusedError: it cannot be read, or is far too large.
    """
    decoded = decode_apart(name, data, limits=Limits(min_side=1), background="#000000")
    return np.asarray(cv2.cvtColor(decoded.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
