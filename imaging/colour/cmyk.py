"""CMYK without a profile: the Neugebauer model of offset print on coated paper.

A press prints dots, so a halftone is a mix of sixteen flat colours: paper, the four inks and every
overprint of them. Neugebauer (1937) mixes them by the areas that random dots cover (Demichel), and
Yule and Nielsen (1951) mix powers 1/n of reflectances, since light spreads in paper. With n = 2.2 this
is a mix of values that are already gamma-coded, which sRGB values are: so it is one multilinear
interpolation between the sixteen corners.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

# sRGB of the sixteen solids of US web offset on coated stock (SWOP), by cyan, magenta, yellow:
# as design programs show these inks on screen. First without black, then over solid black.
_SOLIDS: Final = (
    {
        (0, 0, 0): (255, 255, 255),
        (1, 0, 0): (0, 174, 239),
        (0, 1, 0): (236, 0, 140),
        (0, 0, 1): (255, 242, 0),
        (0, 1, 1): (237, 28, 36),
        (1, 0, 1): (0, 166, 81),
        (1, 1, 0): (46, 49, 146),
        (1, 1, 1): (54, 54, 57),
    },
    {
        (0, 0, 0): (35, 31, 32),
        (1, 0, 0): (0, 20, 28),
        (0, 1, 0): (29, 0, 8),
        (0, 0, 1): (28, 26, 0),
        (0, 1, 1): (26, 4, 0),
        (1, 0, 1): (0, 18, 8),
        (1, 1, 0): (6, 5, 14),
        (1, 1, 1): (0, 0, 0),
    },
)
_STRIPE = 1 << 17  # pixels at a time: the corners of a stripe take 24 floats a pixel


def _corners() -> NDArray[np.float32]:
    """[2, 2, 2, 2, 3] float32: sRGB by black, cyan, magenta, yellow."""
    corners = np.empty((2, 2, 2, 2, 3), np.float32)
    for black, solids in enumerate(_SOLIDS):
        for inks, colour in solids.items():
            corners[(black, *inks)] = colour
    return corners


def print_to_srgb(cmyk: NDArray[np.uint8]) -> Rgb:
    """Ink amounts [H, W, 4] uint8 (0 = no ink, 255 = solid) as [H, W, 3] uint8 sRGB."""
    corners = _corners()
    height, width = cmyk.shape[:2]
    rgb = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIPE // max(width, 1))
    for top in range(0, height, rows):
        stripe = cmyk[top : top + rows].astype(np.float32) / np.float32(255)
        mixed: NDArray[np.float32] = np.broadcast_to(corners, (*stripe.shape[:2], *corners.shape))
        for ink in (3, 0, 1, 2):
            amount = stripe[..., ink].reshape(*stripe.shape[:2], *([1] * (mixed.ndim - 3)))
            mixed = mixed[:, :, 0] + (mixed[:, :, 1] - mixed[:, :, 0]) * amount
        rgb[top : top + rows] = np.rint(mixed)
    return rgb
