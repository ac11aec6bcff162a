"""The lossless files between steps: pictures as QOI, masks as PNG.

``bench/intermediate.py`` measures the choice. Every step writes and reads each picture once, and the
files are kept for rollback, so time and size both count. On 24 product photos, one thread, write +
sha256 + read took per megapixel: QOI 9 ms at 1.0 MB, raw arrays 3 ms at 3.0 MB, WebP lossless 50 ms at
0.6 MB, PNG level 1 55 ms at 0.85 MB. QOI costs 6 ms more than raw arrays, which is less
than a disk or bucket takes for the other two megabytes. The same pixels give the same bytes, so that a
file can be named by the hash of its content.
"""

import cv2
import numpy as np
import qoi

from line.errors import SluiceError
from line.picture import Mask, Rgb

PICTURE_SUFFIX = ".qoi"
MASK_SUFFIX = ".png"

# Masks are a few flat areas: run lengths pack them well, and filters or a search would only cost time.
_MASK_OPTIONS = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_NONE,
)


class IntermediateError(SluiceError):
    """Raised when an intermediate file cannot be read back."""


def encode_rgb(rgb: Rgb) -> bytes:
    """[H, W, 3] uint8 as bytes (QOI specification 1.0)."""
    return bytes(qoi.encode(np.ascontiguousarray(rgb)))


def decode_rgb(data: bytes) -> Rgb:
    """The pixels of :func:`encode_rgb`, [H, W, 3] uint8, C-contiguous.

    Raises:
        IntermediateError: not a whole QOI of three channels.
    """
    # the decoder invents missing data of a truncated file, so the end marker is checked
    if data[:4] != b"qoif" or data[12:13] != b"\x03" or data[-8:] != b"\0\0\0\0\0\0\0\1":
        raise IntermediateError("an intermediate picture is truncated or is no QOI")
    try:
        return np.ascontiguousarray(qoi.decode(data))
    except Exception as error:  # the wrapper raises bare RuntimeErrors
        raise IntermediateError(f"an intermediate picture cannot be read: {error}") from error


def encode_mask(mask: Mask) -> bytes:
    """[H, W] uint8 as bytes (PNG)."""
    written, data = cv2.imencode(".png", mask, _MASK_OPTIONS)
    if not written:
        raise IntermediateError(f"a mask of shape {mask.shape} cannot be written")
    return data.tobytes()


def decode_mask(data: bytes) -> Mask:
    """The mask of :func:`encode_mask`, [H, W] uint8, C-contiguous.

    Raises:
        IntermediateError: not a whole PNG of one channel.
    """
    if not data.endswith(b"IEND\xaeB`\x82"):
        raise IntermediateError("a mask is truncated or is no PNG")
    mask = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if mask is None or mask.ndim != 2 or mask.dtype != np.uint8:
        raise IntermediateError("a mask cannot be read")
    return np.ascontiguousarray(mask, np.uint8)
