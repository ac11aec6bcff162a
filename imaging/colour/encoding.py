"""A colour encoding given by primaries and transfer function instead of an ICC profile, converted to sRGB.

Sources: ITU-T H.273 (CICP code points), PNG cHRM and gAMA, DCF 2.0 option file (Adobe RGB (1998)), IEC 61966-2-1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.colour import hdr
from line.picture import Rgb

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of red, green, blue and white."""

D65: Final = (0.3127, 0.3290)
BT709: Final[Chromaticities] = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
_BT2020: Final[Chromaticities] = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65)
_P3: Final[Chromaticities] = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65)
_DCI_P3: Final[Chromaticities] = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351)
_CICP_PRIMARIES: Final[dict[int, Chromaticities]] = {
    1: BT709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *D65),
    7: (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *D65),
    9: _BT2020,
    11: _DCI_P3,
    12: _P3,
    22: (0.63, 0.34, 0.295, 0.605, 0.155, 0.077, *D65),
}
_BT709_CODE: Final = 1
_UNSPECIFIED: Final = 2
_SRGB_LIKE: Final = frozenset({1, 6, 13, 14, 15, _UNSPECIFIED})
"""Transfer functions that still pictures are shown with the sRGB curve for, as browsers do."""
_CICP_GAMMA: Final = {4: 2.2, 5: 2.8, 8: 1.0}
_CICP_HDR: Final = {16: "pq", 18: "hlg"}
_BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_STRIPE_PIXELS: Final = 1 << 19
"""Pixels converted at a time; bounds the working memory (24 bytes a pixel)."""
_LINEAR_LEVELS: Final = 1 << 16
SRGB_GAMMA: Final = 1 / 2.2
"""gAMA that PNG states for sRGB (11.3.3.5: 45455)."""
GAMMA_TOLERANCE: Final = 0.01
"""Maximum difference in gAMA that counts as sRGB's."""
PRIMARIES_TOLERANCE: Final = 0.002
"""Maximum difference in x or y at which primaries count as sRGB's."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How numbers mean colours.

    Attributes:
        primaries: chromaticities of red, green, blue and white.
        transfer: ``srgb``, ``gamma``, ``pq`` or ``hlg``.
        gamma: exponent of decoding, for ``gamma``.
    """

    primaries: Chromaticities
    transfer: str = "srgb"
    gamma: float = 1.0

    @property
    def is_hdr(self) -> bool:
        return self.transfer in ("pq", "hlg")

    @property
    def is_srgb(self) -> bool:
        return self.transfer == "srgb" and self.primaries == BT709


ADOBE_RGB: Final = Encoding((0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *D65), "gamma", 563 / 256)


def from_cicp(primaries: int, transfer: int) -> Encoding | None:
    """The encoding of two code points of ITU-T H.273; None where they are unknown or unspecified."""
    if primaries == _UNSPECIFIED and transfer == _UNSPECIFIED:
        return None
    chromaticities = _CICP_PRIMARIES.get(_BT709_CODE if primaries == _UNSPECIFIED else primaries)
    if chromaticities is None:
        return None
    if transfer in _SRGB_LIKE:
        return Encoding(chromaticities)
    if transfer in _CICP_GAMMA:
        return Encoding(chromaticities, "gamma", _CICP_GAMMA[transfer])
    return Encoding(chromaticities, _CICP_HDR[transfer]) if transfer in _CICP_HDR else None


def from_png(chromaticity: tuple[float, ...] | None, gamma: float | None) -> Encoding | None:
    """The encoding of PNG's cHRM (white first, as Pillow has it) and gAMA; None where neither differs from sRGB's."""
    primaries = _png_primaries(chromaticity)
    exponent = 1 / gamma if gamma and 0.1 < gamma < 10 else None
    if exponent is not None and (primaries != BT709 or abs(1 / exponent - SRGB_GAMMA) > GAMMA_TOLERANCE):
        return Encoding(primaries, "gamma", exponent)
    return None if primaries == BT709 else Encoding(primaries)


def _png_primaries(chromaticity: tuple[float, ...] | None) -> Chromaticities:
    """The primaries of a cHRM; those of sRGB where it is missing, unusable or as good as equal to them."""
    if not chromaticity or len(chromaticity) != 8 or not _is_triangle(chromaticity):
        return BT709
    primaries = (*chromaticity[2:], *chromaticity[:2])
    difference = max(abs(a - b) for a, b in zip(primaries, BT709, strict=True))
    return BT709 if difference < PRIMARIES_TOLERANCE else primaries


def _is_triangle(chromaticity: tuple[float, ...]) -> bool:
    """Whether the points are chromaticities of which a matrix can be made."""
    xy = np.asarray(chromaticity, np.float64).reshape(4, 2)
    if not (np.isfinite(xy).all() and (xy > 0).all() and (xy.sum(axis=1) < 1.2).all()):
        return False
    (ax, ay), (bx, by), (cx, cy) = xy[1:]
    return bool(abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) > 0.01)


def to_srgb(pixels: NDArray[np.unsignedinteger], encoding: Encoding) -> Rgb:
    """``pixels`` [H, W, 3] uint8 or uint16 (full range) in ``encoding`` as [H, W, 3] uint8 sRGB.

    Colours outside sRGB are clipped (relative colorimetric). PQ and HLG are tone-mapped, see
    :mod:`imaging.colour.hdr`.
    """
    height, width = pixels.shape[:2]
    table = _decoding_table(encoding, int(np.iinfo(pixels.dtype).max) + 1)
    matrix = to_bt709(encoding.primaries).astype(np.float32)
    rgb = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIPE_PIXELS // max(width, 1))
    stripes = range(0, height, rows)
    curve = None
    if encoding.is_hdr:
        curve = hdr.roll_off(
            max(hdr.peak(table[pixels[top : top + rows]], encoding.transfer) for top in stripes)
        )
    encoder = _encoding_table()
    for top in stripes:
        linear = table[pixels[top : top + rows]]
        if curve is not None:
            linear = curve(hdr.displayed(linear, encoding.transfer))
        linear = linear @ matrix.T
        index = np.clip(linear * np.float32(_LINEAR_LEVELS - 1) + np.float32(0.5), 0, _LINEAR_LEVELS - 1)
        rgb[top : top + rows] = encoder[index.astype(np.uint16)]
    return rgb


@lru_cache(maxsize=8)
def _decoding_table(encoding: Encoding, levels: int) -> NDArray[np.float32]:
    """Linear light of each level: 1 is white, for PQ SDR white, for HLG the scene's maximum."""
    coded = np.linspace(0, 1, levels)
    if encoding.transfer == "gamma":
        linear = coded**encoding.gamma
    elif encoding.transfer == "srgb":
        linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    else:
        linear = hdr.decoded(coded, encoding.transfer)
    return linear.astype(np.float32)


@lru_cache(maxsize=1)
def _encoding_table() -> NDArray[np.uint8]:
    """sRGB level of 65,536 steps of linear light."""
    linear = np.linspace(0, 1, _LINEAR_LEVELS)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255), np.uint8)


@lru_cache(maxsize=16)
def to_bt709(primaries: Chromaticities) -> NDArray[np.float64]:
    """[3, 3]: linear RGB of ``primaries`` to linear BT.709 RGB, white adapted by Bradford."""
    source = _to_xyz(primaries)
    white = _xyz(*primaries[6:])
    cone, target = _BRADFORD @ white, _BRADFORD @ _xyz(*D65)
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag(target / cone) @ _BRADFORD
    return np.asarray(np.linalg.inv(_to_xyz(BT709)) @ adaptation @ source)


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    columns = np.stack([_xyz(primaries[at], primaries[at + 1]) for at in (0, 2, 4)], axis=1)
    return np.asarray(columns * np.linalg.solve(columns, _xyz(*primaries[6:])))


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])
