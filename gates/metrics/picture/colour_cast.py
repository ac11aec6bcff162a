"""Colour of a whole picture against another: shift, hue, chroma and contrast on a small grid."""

from dataclasses import dataclass

import numpy as np

from gates.metrics.picture.area import area_means
from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.patch import Floats
from line.picture import Rgb

GRID = 96
"""Long side of the grid: fine enough for every coloured thing, too coarse for any detail."""
CELL = 6
"""Pixels that a cell of the grid averages at least, so that grain is no change of colour in small pictures."""
GREY = 2.0
"""Chroma that is added as if grey, so that a nearly grey picture has no hue to turn."""


@dataclass(frozen=True, slots=True)
class Cast:
    """How the colours moved.

    Attributes:
        shift: mean ΔE00 over the grid.
        worst: its 99th percentile.
        hue: degrees that the colours have turned together, weighted by chroma; signed.
        chroma: log2 of the chroma's ratio, after over before.
        contrast: log2 of the ratio of the lightness' spread.
        cells: [h, w] float32 ΔE00.
    """

    shift: float
    worst: float
    hue: float
    chroma: float
    contrast: float
    cells: Floats


def colour_cast(before: Rgb, after: Rgb, shape: tuple[int, ...] = ()) -> Cast:
    """Compare two [H, W, 3] uint8 pictures, whatever their sizes, by area means on one grid.

    ΔE00 after Sharma, Wu and Dalal, 2005; hue and chroma in the a*b* plane of CIELAB.

    Args:
        before, after: both pictures.
        shape: height and width that the grid is chosen for, where both were shrunk already.
    """
    one, other = (_grid(rgb, shape or before.shape) for rgb in (before, after))
    cells = ciede2000(one, other)
    ab1, ab2 = (plane[..., 1] + 1j * plane[..., 2] for plane in (one, other))
    turned = (ab2 * ab1.conj()).sum() + GREY**2 * ab1.size
    strength = [np.sqrt((np.abs(ab) ** 2).mean()) + GREY for ab in (ab1, ab2)]
    spread = [float(plane[..., 0].std()) + 1.0 for plane in (one, other)]
    return Cast(
        shift=float(cells.mean()),
        worst=float(np.percentile(cells, 99)),
        hue=float(np.degrees(np.angle(turned))),
        chroma=float(np.log2(strength[1] / strength[0])),
        contrast=float(np.log2(spread[1] / spread[0])),
        cells=cells,
    )


def _grid(rgb: Rgb, shape: tuple[int, ...]) -> Floats:
    scale = min(1 / CELL, GRID / max(shape[:2]))
    size = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    return lab(area_means(rgb, size))
