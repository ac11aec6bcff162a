"""How a picture looks as a whole, in figures: palette, tone, contrast, texture."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias, cast

import cv2
import numpy as np

from gates.metrics.picture.colour_cast import colour_cast
from gates.metrics.similarity.ciede2000 import lab
from gates.metrics.texture.spectrum import bands, power
from gates.patch import Floats, luma
from line.picture import Rgb

SIDE = 512
"""Longer side in pixels at which pictures are looked at: texture hangs on the size it is seen at."""
COLOURED = 10.0
"""Chroma from which a pixel has a colour that anybody would name."""
HUES = {"red": 0, "yellow": 70, "green": 115, "cyan": 170, "blue": 240, "magenta": 310}
"""Where on the circle of the a*b* plane each begins, degrees: half-way between the colours so named."""
PERCENTILES = (5, 25, 50, 75, 95)
FAINT = 1.0
"""Power, levels squared, that is added to that of texture: what is much fainter nobody sees."""
AROUND = 15
"""Side in pixels of the window over which local contrast is taken."""

SLACK = {"palette": 1.5, "tone": 4.0, "contrast": 2.0, "texture": 0.25}
"""By how much a figure of each kind may differ before anybody would say that the look is another: chroma,
percent of the picture, levels, doublings of power."""

Range: TypeAlias = tuple[float, float]


def look(rgb: Rgb) -> dict[str, float]:
    """Figures of a [H, W, 3] uint8 picture; the first word of each name is its kind.

    ``palette_a``, ``palette_b``, ``palette_chroma``: means of CIELAB (D65). ``palette_neutral`` and
    ``palette_<hue>``: percent of the picture that has no colour, or a colour of that part of the circle.
    ``tone_<n>``: percentiles of luma (BT.601), levels. ``contrast_global``, ``contrast_local``: standard
    deviation of luma, of the picture and within windows (RMS contrast: Peli, "Contrast in complex
    images", JOSA A 7(10), 1990), levels. ``texture_coarse``, ``texture_middle``, ``texture_fine``: log2 of
    mean power in octaves of spatial frequency, up to 1/8, 1/4 and 1/2 cycle per pixel.
    """
    seen = _seen(rgb)
    plane = luma(seen)
    return _palette(seen) | _tone(plane) | _contrast(plane) | _texture(plane)


def turned(one: Rgb, other: Rgb) -> dict[str, float]:
    """What ``other`` looks like beside ``one``, [H, W, 3] uint8 both.

    ``hue``: degrees by which its colours have turned together, signed. ``fine``: log2 of the ratio of mean
    power in the upper octave of spatial frequency, at the size they have. ``contrast``: log2 of the
    ratio of local contrast.
    """
    planes = [luma(rgb) for rgb in (one, other)]
    fine = [float(bands(power(plane))[4:].mean()) + FAINT for plane in planes]
    contrast = [local_contrast(plane) + FAINT for plane in planes]
    return {
        "hue": colour_cast(one, other).hue,
        "fine": float(np.log2(fine[1] / fine[0])),
        "contrast": float(np.log2(contrast[1] / contrast[0])),
    }


def ranges(looks: Iterable[Mapping[str, float]], widen: float) -> dict[str, Range]:
    """For each figure the least and the greatest of some pictures, with room beyond either end.

    Args:
        widen: room as a share of what lies between; never less than :data:`SLACK`.
    """
    listed = list(looks)
    found = {}
    for name in listed[0]:
        values = [one[name] for one in listed]
        room = max(widen * (max(values) - min(values)), SLACK[kind(name)])
        low, high = min(values) - room, max(values) + room
        signed = name in ("palette_a", "palette_b") or kind(name) == "texture"
        found[name] = (low if signed else max(low, 0.0), high)
    return found


def outside(figures: Mapping[str, float], allowed: Mapping[str, Range]) -> dict[str, float]:
    """For each figure that has a range, how far it lies outside, as a multiple of its kind's slack; 0 inside."""
    return {
        name: max(low - figures[name], figures[name] - high, 0.0) / SLACK[kind(name)]
        for name, (low, high) in allowed.items()
    }


def kind(name: str) -> str:
    """``palette``, ``tone``, ``contrast`` or ``texture``."""
    return name.partition("_")[0]


@cache
def figures() -> tuple[str, ...]:
    """Every figure's name."""
    return tuple(look(np.zeros((8, 8, 3), np.uint8)))


def _seen(rgb: Rgb) -> Rgb:
    share = SIDE / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * share)), max(1, round(rgb.shape[0] * share)))
    return cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC))


def _palette(rgb: Rgb) -> dict[str, float]:
    _, a, b = np.moveaxis(lab(rgb.astype(np.float32)), -1, 0)
    chroma = np.hypot(a, b)
    coloured = chroma > COLOURED
    part = np.digitize(np.degrees(np.arctan2(b, a)) % 360, list(HUES.values())) - 1
    found = {"a": float(a.mean()), "b": float(b.mean()), "chroma": float(chroma.mean())}
    found["neutral"] = 100 * float((~coloured).mean())
    found |= {hue: 100 * float((coloured & (part == at)).mean()) for at, hue in enumerate(HUES)}
    return {f"palette_{name}": value for name, value in found.items()}


def _tone(plane: Floats) -> dict[str, float]:
    levels = np.percentile(plane, PERCENTILES)
    return {f"tone_{at}": float(level) for at, level in zip(PERCENTILES, levels, strict=True)}


def _contrast(plane: Floats) -> dict[str, float]:
    return {"contrast_global": float(plane.std()), "contrast_local": local_contrast(plane)}


def local_contrast(plane: Floats) -> float:
    """Mean standard deviation of luma [H, W] within windows of :data:`AROUND` pixels, levels."""
    mean, square = (cv2.blur(values, (AROUND, AROUND)) for values in (plane, plane * plane))
    return float(np.sqrt(np.maximum(square - mean * mean, 0)).mean())


def _texture(plane: Floats) -> dict[str, float]:
    rings = bands(power(plane))  # eight of equal width; the first is shades, not texture
    octaves = {"coarse": rings[1:2], "middle": rings[2:4], "fine": rings[4:8]}
    return {f"texture_{name}": float(np.log2(octave.mean() + FAINT)) for name, octave in octaves.items()}
