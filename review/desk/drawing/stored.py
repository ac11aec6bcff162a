"""Pictures as they lie in buckets: between steps, delivered, or as the vendor sent them."""

from collections.abc import Sequence
from typing import cast

import cv2

from imaging import intermediate
from imaging.refusal import RefusedError
from line.picture import Rgb
from records.storage.errors import MissingObjectError
from tasks.context import Context

JPEG_QUALITY = 90


def stored_jpeg(context: Context, places: Sequence[tuple[str, str]], side: int) -> bytes | None:
    """The first of the pictures that is there and can be decoded, at most ``side`` pixels long, as a JPEG file.

    Args:
        places: (URL of a bucket, key); where the URL is empty, the line's bucket.
    """
    for url, key in places:
        bucket = context.buckets.at(url) if url else context.bucket
        try:
            data = bucket.get(key)
            is_intermediate = key.endswith(intermediate.PICTURE_SUFFIX) and data[:4] == b"qoif"
            rgb = intermediate.decode_rgb(data) if is_intermediate else context.codec.decode(key, data).rgb
        except (MissingObjectError, RefusedError):
            continue
        return jpeg(rgb, side)
    return None


def jpeg(rgb: Rgb, side: int | None) -> bytes:
    """A JPEG file of [H, W, 3] uint8 RGB, at most ``side`` pixels long."""
    scale = side / max(rgb.shape[:2]) if side else 1
    if scale < 1:
        rgb = cast(Rgb, cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
