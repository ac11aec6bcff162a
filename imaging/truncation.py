"""Whether a file holds all the data it announces, where its decoder would pass over what is missing."""

import numpy as np
from PIL import Image


def boxes_complete(data: bytes) -> bool:
    """Whether every top-level box of a HEIC or AVIF ends inside the file (ISO/IEC 14496-12, 4.2).

    libheif decodes what is there of a file that breaks off and makes up the rest.
    """
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:  # to the end of the file
            return True
        if length < 8 or at + length > len(data):
            return False
        at += length
    return True


def grey_rows(image: Image.Image) -> int:
    """How many rows at the bottom of a decoded JPEG are nothing but middle grey (128).

    A JPEG whose data break off but whose end marker is there decodes without an error: the missing
    blocks stay at zero, which is this grey.
    """
    for rows in range(image.height):
        bottom = image.height - rows
        low_high = image.crop((0, bottom - 1, image.width, bottom)).getextrema()
        if set(np.ravel(low_high)) != {128}:
            return rows
    return image.height
