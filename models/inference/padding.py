"""What sides a network takes, and padding a picture to them by mirroring its border."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sides a network takes.

    Attributes:
        minimum: least width and height, pixels.
        multiple_of: what both must be divisible by.
        square: whether both must be equal.
    """

    minimum: int = 1
    multiple_of: int = 1
    square: bool = False

    def fitting(self, width: int, height: int) -> tuple[int, int]:
        """The least (width, height) taken that holds ``width`` × ``height``."""
        wide, high = (-(-max(side, self.minimum) // self.multiple_of) * self.multiple_of
                      for side in (width, height))  # fmt: skip
        return (max(wide, high),) * 2 if self.square else (wide, high)


def padded(picture: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """``picture`` [H, W] or [H, W, C], mirrored on at its right and lower border up to ``size`` (width, height).

    Mirrored, so that the network meets no edge that the photo does not have.
    """
    high, wide = picture.shape[:2]
    right, below = size[0] - wide, size[1] - high
    if not right and not below:
        return picture
    # "symmetric" takes any amount: it mirrors what it has mirrored
    around = [(0, below), (0, right)] + [(0, 0)] * (picture.ndim - 2)
    if right <= wide and below <= high:
        return cast(NDArray[np.float32], cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REFLECT))
    return np.pad(picture, around, mode="symmetric")
