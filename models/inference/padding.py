"""Sizes that a network accepts, and padding to them by reflection."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that a network accepts.

    Attributes:
        minimum: minimum width and height (pixels).
        multiple_of: divisor of width and height.
        square: whether width and height must be equal.
    """

    minimum: int = 1
    multiple_of: int = 1
    square: bool = False

    def fitting(self, width: int, height: int) -> tuple[int, int]:
        """The smallest accepted (width, height) that is at least ``width`` × ``height``."""
        wide, high = (-(-max(side, self.minimum) // self.multiple_of) * self.multiple_of
                      for side in (width, height))  # fmt: skip
        return (max(wide, high),) * 2 if self.square else (wide, high)


def padded(picture: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """``picture`` [H, W] or [H, W, C] float32, extended right and below to ``size`` (width, height) by reflection.

    Reflection adds no edge that the photo lacks.
    """
    high, wide = picture.shape[:2]
    right, below = size[0] - wide, size[1] - high
    if not right and not below:
        return picture
    # np.pad reflects repeatedly, so it accepts more padding than the picture's size; OpenCV does not
    around = [(0, below), (0, right)] + [(0, 0)] * (picture.ndim - 2)
    if right <= wide and below <= high:
        return cast(NDArray[np.float32], cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REFLECT))
    return np.pad(picture, around, mode="symmetric")
