"""Opponent colour planes of photos, and groups of holes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Planes = NDArray[np.float32]
"""[H, W, 3] float32: luma and two colour differences in an orthonormal basis; luma spans 0..442."""
Hole = NDArray[np.bool_]
"""[H, W] bool, True for pixels to fill."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are exclusive."""

GROUP_DISTANCE = 16
"""Distance below which holes are filled together (pixels)."""

_OPPONENT = np.array([[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32)


def opponent(rgb: Rgb) -> Planes:
    """Opponent planes of an [H, W, 3] uint8 RGB picture."""
    return rgb.astype(np.float32) @ _OPPONENT.T


def to_rgb(planes: Planes) -> Rgb:
    """[H, W, 3] uint8 RGB picture of opponent planes, rounded and clipped."""
    result: Rgb = np.clip(np.rint(planes @ _OPPONENT), 0, 255).astype(np.uint8)
    return result


def hole_groups(hole: Hole) -> list[Box]:
    """Boxes of groups of neighbouring holes, from top to bottom."""
    from scipy import ndimage  # a second of imports, for the few photos with a mask

    widened = cv2.dilate(hole.astype(np.uint8), np.ones((GROUP_DISTANCE + 1, GROUP_DISTANCE + 1), np.uint8))
    _, labels = cv2.connectedComponents(widened)
    labels[~hole] = 0
    boxes = []
    for slices in ndimage.find_objects(labels.astype(np.int32)):
        if slices is not None:
            rows, columns = slices
            boxes.append((columns.start, rows.start, columns.stop, rows.stop))
    return sorted(boxes, key=lambda box: (box[1], box[0]))
