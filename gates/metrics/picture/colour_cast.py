"""Colour difference between two whole pictures: shift, hue, chroma and contrast on a coarse grid."""

from dataclasses import dataclass

import numpy as np

from gates.metrics.picture.area import area_means
from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.patch import Floats
from line.picture import Rgb

GRID = 96
"""Number of cells along the longer side: fine enough for each coloured object, too coarse for detail."""
MIN_CELL = 6
"""Minimum side of a cell (pixels), so that grain does not count as a change of colour in small pictures."""
GREY_CHROMA = 2.0
"""Chroma added to both pictures without a hue, so that a nearly grey picture has no measurable hue turn."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Colour differences, after compared with before.

    Attributes:
        shift: mean ΔE00 over the grid.
        worst: 99th percentile of ΔE00.
        hue: common hue rotation in degrees, weighted by chroma; signed.
        chroma: log2 of the chroma ratio.
        contrast: log2 of the ratio of the standard deviations of lightness.
        cells: [h, w] float32 ΔE00.
    """

    shift: float
    worst: float
    hue: float
    chroma: float
    contrast: float
    cells: Floats


def colour_cast(before: Rgb, after: Rgb, shape: tuple[int, ...] = ()) -> Cast:
    """Compare two pictures of any sizes by area means on one grid.

    ΔE00 after Sharma, Wu and Dalal, 2005; hue and chroma in the a*b* plane of CIELAB.

    Args:
        before, after: [H, W, 3] uint8 sRGB pictures.
        shape: height and width of the original picture if both were scaled down already; it sets the grid.
    """
    one, other = (_grid(rgb, shape or before.shape) for rgb in (before, after))
    cells = ciede2000(one, other)
    ab1, ab2 = (plane[..., 1] + 1j * plane[..., 2] for plane in (one, other))
    turned = (ab2 * ab1.conj()).sum() + GREY_CHROMA**2 * ab1.size
    strength = [np.sqrt((np.abs(ab) ** 2).mean()) + GREY_CHROMA for ab in (ab1, ab2)]
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
    scale = min(1 / MIN_CELL, GRID / max(shape[:2]))
    size = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    return lab(area_means(rgb, size))
