"""EXIF orientation: how a stored picture must be turned to stand upright."""

import numpy as np
from PIL import Image

from line.picture import Rgb

_TAG = 0x0112


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8 (CIPA DC-008, tag 0112); 1 where absent or nonsense."""
    try:
        value = image.getexif().get(_TAG, 1)
    except Exception:  # broken metadata is no reason to lose the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(rgb: Rgb, orientation: int) -> Rgb:
    """``rgb`` [H, W, 3] as it should be seen; 5 to 8 swap the sides. C-contiguous."""
    turned = {
        1: lambda: rgb,
        2: lambda: rgb[:, ::-1],
        3: lambda: rgb[::-1, ::-1],
        4: lambda: rgb[::-1],
        5: lambda: rgb.swapaxes(0, 1),
        6: lambda: np.rot90(rgb, -1),
        7: lambda: rgb[::-1, ::-1].swapaxes(0, 1),
        8: lambda: np.rot90(rgb),
    }[orientation]()
    return np.ascontiguousarray(turned)
