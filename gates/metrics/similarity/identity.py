"""Exact identity of the pixels that an edit must not change."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Bools
from line.picture import Mask, Rgb


def changed_outside(before: Rgb, after: Rgb, mask: Mask | None) -> Bools:
    """[H, W] bool, True where ``mask`` is 0 and a channel differs by at least one level.

    Args:
        before, after: [H, W, 3] uint8 of one size.
        mask: [H, W] uint8; None means 0 everywhere.
    """
    same = cv2.inRange(cv2.absdiff(before, after), (0, 0, 0), (0, 0, 0))
    if mask is not None:
        same = cv2.bitwise_or(same, mask)
    return cast(Bools, same == 0)


def box_of(where: Bools) -> tuple[int, int, int, int] | None:
    """Bounding box (x, y, width, height) in pixels of the True pixels; None if all are False."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not len(rows):
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1
