"""EXIF orientation: turning a stored picture upright."""

import numpy as np
from PIL import Image

from imaging.formats import Kind
from line.picture import Rgb

_TAG = 0x0112


def orientation_of(image: Image.Image, kind: Kind) -> int:
    """EXIF orientation 1..8 (CIPA DC-008, tag 0112) of an opened image; 1 where absent or nonsense.

    Not by Pillow's ``getexif``: that loads a PNG's pixels and so hides their errors, and it adds an
    orientation found in XMP, which browsers ignore.
    """
    try:
        if kind is Kind.TIFF:
            value = image.tag_v2.get(_TAG, 1)  # type: ignore[attr-defined]
        else:
            exif = Image.Exif()
            exif.load(image.info.get("exif") or b"")
            value = exif.get(_TAG, 1)
    except Exception:  # broken metadata is no reason to lose the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(rgb: Rgb, orientation: int) -> Rgb:
    """``rgb`` [H, W, 3] turned upright, C-contiguous; 5 to 8 swap the sides."""
    if orientation in (5, 6, 7, 8):
        rgb = rgb.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return np.ascontiguousarray(rgb)
