"""Bringing a picture to the size and shape that a shop asks for: downscaled and padded, never cropped or enlarged."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Fit = Literal["within", "pad", "square"]
_LEVELS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Shape:
    """The frame a picture is brought into.

    Attributes:
        max_long_side: of the result, in pixels.
        fit: ``within`` keeps the sides' ratio; ``pad`` fills up to ``aspect``; ``square`` to 1:1.
        aspect: width to height for ``pad``.
        ground: #rrggbb of what is added.
        margin: share of each side of the result that stays ground at either end, 0 to 0.4.
    """

    max_long_side: int
    fit: Fit = "within"
    aspect: float = 1.0
    ground: str = "#ffffff"
    margin: float = 0.0

    def natural_long_side(self, width: int, height: int) -> int:
        """Long side of the result if it were not bounded: the picture at its own size, with margin and padding."""
        return max(self._canvas(width, height))

    def apply(self, rgb: Rgb) -> Rgb:
        """``rgb`` [H, W, 3] in the frame; the very same array where nothing has to change."""
        height, width = rgb.shape[:2]
        canvas = self._canvas(width, height)
        scale = min(1.0, self.max_long_side / max(canvas))
        canvas_width, canvas_height = (max(1, math.floor(side * scale + 0.5)) for side in canvas)
        inner = (max(1, math.floor(width * scale + 0.5)), max(1, math.floor(height * scale + 0.5)))
        inner = (min(inner[0], canvas_width), min(inner[1], canvas_height))
        if scale < 1.0:
            rgb = downscale(rgb, inner)
        if inner == (canvas_width, canvas_height):
            return rgb
        result = np.empty((canvas_height, canvas_width, 3), np.uint8)
        result[:] = [int(self.ground[at : at + 2], 16) for at in (1, 3, 5)]
        left, top = (canvas_width - inner[0]) // 2, (canvas_height - inner[1]) // 2
        result[top : top + inner[1], left : left + inner[0]] = rgb
        return result

    def _canvas(self, width: int, height: int) -> tuple[int, int]:
        if self.fit == "within":
            return width, height
        share = 1 - 2 * self.margin
        across, down = width / share, height / share
        aspect = 1.0 if self.fit == "square" else self.aspect
        across, down = max(across, down * aspect), max(down, across / aspect)
        return math.ceil(across - 1e-6), math.ceil(down - 1e-6)


def downscale(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """``rgb`` [H, W, 3] at ``size`` (width, height), neither side longer: area means in linear light.

    Light adds up linearly, so that fine light and dark patterns keep their brightness.
    """
    to_linear, to_coded = _tables()
    channels = [
        to_coded[cv2.resize(to_linear[rgb[..., channel]], size, interpolation=cv2.INTER_AREA)]
        for channel in range(3)
    ]
    return np.stack(channels, axis=-1)


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """sRGB level to 16-bit linear light and back (IEC 61966-2-1)."""
    coded = np.arange(256) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    light = np.linspace(0, 1, _LEVELS)
    back = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(linear * (_LEVELS - 1)).astype(np.uint16), np.rint(back * 255).astype(np.uint8)
