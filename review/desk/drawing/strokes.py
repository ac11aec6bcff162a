"""A mask from the strokes that a person drew, at the picture's full size."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from imaging import intermediate
from line.picture import Mask
from records.queries.review_queue import FlaggedImage
from review.desk.viewer.stroke import Stroke
from tasks.context import Context

FRACTION_BITS: Final = 4
"""OpenCV takes coordinates as integers with this many binary places."""


def stroke_mask(context: Context, image: FlaggedImage, strokes: Sequence[Stroke]) -> bytes:
    """The mask that was proposed with the strokes on it, as a PNG file: white where to erase."""
    return cv2.imencode(".png", painted(_base(context, image), strokes))[1].tobytes()


def painted(base: Mask, strokes: Sequence[Stroke]) -> Mask:
    """``base`` [H, W] uint8 with the strokes applied in their order."""
    mask = base.copy()
    for stroke in strokes:
        if stroke.tool == "clear":
            mask[:] = 0
        elif stroke.tool == "box":
            _fill_box(mask, stroke)
        elif stroke.points:
            _draw_line(mask, stroke, 255 if stroke.tool == "brush" else 0)
    return mask


def _base(context: Context, image: FlaggedImage) -> Mask:
    if image.mask:
        return intermediate.decode_mask(context.bucket.get(image.mask))
    if image.size is not None:
        return np.zeros(image.size[::-1], np.uint8)
    return np.zeros(intermediate.decode_rgb(context.bucket.get(str(image.current))).shape[:2], np.uint8)


def _fill_box(mask: Mask, stroke: Stroke) -> None:
    if len(stroke.points) < 2:
        return
    corners = np.array([stroke.points[0], stroke.points[-1]])
    limits = np.array(mask.shape[::-1])
    (left, top), (right, bottom) = (
        np.clip(np.rint(corner), 0, limits).astype(int)
        for corner in (corners.min(axis=0), corners.max(axis=0))
    )
    mask[top:bottom, left:right] = 255


def _draw_line(mask: Mask, stroke: Stroke, value: int) -> None:
    """A line with round ends, and a disc where there is only one point."""
    radius = max(0.5, stroke.width / 2)
    centres = np.rint((np.array(stroke.points) - 0.5) * 2**FRACTION_BITS).astype(np.int64)
    scaled_radius = round(radius * 2**FRACTION_BITS)
    for centre in centres:
        cv2.circle(mask, tuple(centre.tolist()), scaled_radius, value, cv2.FILLED, cv2.LINE_8, FRACTION_BITS)
    for start, end in pairwise(centres):
        along = (end - start).astype(float)
        length = float(np.hypot(*along))
        if length == 0:
            continue
        across = np.array([-along[1], along[0]]) / length * scaled_radius
        quad = np.rint([start + across, end + across, end - across, start - across]).astype(np.int32)
        cv2.fillConvexPoly(mask, quad, value, cv2.LINE_8, FRACTION_BITS)
