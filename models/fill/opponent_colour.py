"""What the parts of the fill work on: photos as three uncorrelated planes, and holes in groups."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from line.picture import Rgb

Planes = NDArray[np.float32]
"""[H, W, 3] float32: one luma and two colour differences, orthonormal, so 8 bits span 0..442."""
Hole = NDArray[np.bool_]
"""[H, W], True where pixels are to be invented."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom excluded."""

APART = 16
"""Holes nearer to each other than this, in pixels, are filled together."""

_OPPONENT = np.array([[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32)


def opponent(rgb: Rgb) -> Planes:
    """[H, W, 3] uint8 RGB as planes."""
    return rgb.astype(np.float32) @ _OPPONENT.T


def rounded(planes: Planes) -> Rgb:
    """Planes as [H, W, 3] uint8 RGB."""
    result: Rgb = np.clip(np.rint(planes @ _OPPONENT), 0, 255).astype(np.uint8)
    return result


def groups(hole: Hole) -> list[Box]:
    """Boxes of holes that lie near together, from top to bottom."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((APART + 1, APART + 1), np.uint8))
    _, labels = cv2.connectedComponents(near)
    labels[~hole] = 0
    boxes = []
    for place in ndimage.find_objects(labels.astype(np.int32)):
        if place is not None:
            rows, columns = place
            boxes.append((columns.start, rows.start, columns.stop, rows.stop))
    return sorted(boxes, key=lambda box: (box[1], box[0]))
