"""Damage that a decoder reports or passes over: what is broken in a file, and from which row on."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

_BLOCK: Final = 8
"""Rows of a JPEG block; breaks lie on its multiples."""
_MIN_STEP_RATIO: Final = 3.0
"""A break is a row boundary whose step exceeds the median step this many times."""
_MIN_STEP: Final = 4.0
"""... and exceeds the steps beside it by so many levels."""
_MIN_NOISE_STEP: Final = 12.0
"""Median step, in levels, of a picture that is noise as a whole."""

_FILL_LEVEL: Final = 128
"""Level of blocks that were never decoded."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is broken.

    Attributes:
        message: the decoder's own words.
        row: first row, from the top of the stored picture, that is probably wrong; None where it cannot be seen.
    """

    message: str
    row: int | None = None

    @property
    def sentence(self) -> str:
        place = "" if self.row is None else f" The picture is probably wrong from row {self.row} on."
        return f"The file is damaged ({self.message}).{place}"


def break_row(rgb: Rgb) -> int | None:
    """The row from which a damaged JPEG goes wrong, judged by its picture [H, W, 3]; None where nothing shows.

    After lost data the blocks stand at wrong places and their colour is shifted, so that a step runs along
    a block boundary. Where several do, the first that is half as high as the highest counts.
    """
    height = rgb.shape[0]
    if height < 3 * _BLOCK:
        return None
    luma = rgb.reshape(height, rgb.shape[1], -1).astype(np.float32)
    steps = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    boundaries = np.arange(_BLOCK, height - 1, _BLOCK)
    excess = steps[boundaries - 1] - (steps[boundaries - 2] + steps[boundaries]) / 2
    highest, usual = float(excess.max(initial=0.0)), float(np.median(np.abs(excess)))
    if usual >= _MIN_NOISE_STEP:  # nothing but noise, so nearly every boundary is a step
        highest = usual
    elif highest < max(_MIN_STEP, _MIN_STEP_RATIO * usual):
        return None
    return int(boundaries[np.argmax(excess >= highest / 2)])


def grey_rows(pixels: NDArray[np.uint8]) -> int:
    """How many rows at the bottom of a decoded JPEG ([H, W] or [H, W, C]) are nothing but middle grey (128).

    A JPEG whose data break off but whose end marker is there decodes without an error: the missing
    blocks stay at zero, which is this grey.
    """
    for rows in range(pixels.shape[0]):
        if (pixels[pixels.shape[0] - 1 - rows] != _FILL_LEVEL).any():
            return rows
    return int(pixels.shape[0])
