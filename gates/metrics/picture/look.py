"""Style figures of a whole picture: palette, tone, contrast, texture."""

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
"""Longer side (pixels) at which pictures are measured, because texture depends on the scale."""
MIN_CHROMA = 10.0
"""Minimum chroma of a pixel that has a hue; pixels below are neutral."""
HUES = {"red": 0, "yellow": 70, "green": 115, "cyan": 170, "blue": 240, "magenta": 310}
"""Start of each hue range on the circle of the a*b* plane (degrees), half-way between neighbouring hues."""
PERCENTILES = (5, 25, 50, 75, 95)
INVISIBLE_POWER = 1.0
"""Power (levels squared) added to the texture's power, so that invisible texture has no effect."""
CONTRAST_WINDOW = 15
"""Side (pixels) of the window of the local contrast."""

SLACK = {"palette": 1.5, "tone": 4.0, "contrast": 2.0, "texture": 0.25}
"""Invisible difference of a figure by kind: chroma or percent of the picture, levels, levels, log2 of power."""

Range: TypeAlias = tuple[float, float]


def look(rgb: Rgb) -> dict[str, float]:
    """Style figures of an [H, W, 3] uint8 sRGB picture; the first word of each name is its kind.

    ``palette_a``, ``palette_b``, ``palette_chroma``: means in CIELAB (D65). ``palette_neutral`` and
    ``palette_<hue>``: percent of the picture that is neutral or has that hue.
    ``tone_<n>``: percentiles of luma (BT.601), levels. ``contrast_global``, ``contrast_local``: standard
    deviation of luma, of the picture and within windows (RMS contrast: Peli, "Contrast in complex
    images", JOSA A 7(10), 1990), levels. ``texture_coarse``, ``texture_middle``, ``texture_fine``: log2 of
    mean power in octaves of spatial frequency, up to 1/8, 1/4 and 1/2 cycle per pixel.
    """
    resized = _resized(rgb)
    plane = luma(resized)
    return _palette(resized) | _tone(plane) | _contrast(plane) | _texture(plane)


def style_change(one: Rgb, other: Rgb) -> dict[str, float]:
    """Style differences of ``other`` from ``one``, both [H, W, 3] uint8 sRGB of one size.

    ``hue``: common hue rotation in degrees, signed. ``fine``: log2 of the ratio of mean power in the upper octave of
    spatial frequency, at full size. ``contrast``: log2 of the ratio of local contrast.
    """
    planes = [luma(rgb) for rgb in (one, other)]
    fine = [float(bands(power(plane))[4:].mean()) + INVISIBLE_POWER for plane in planes]
    contrast = [local_contrast(plane) + INVISIBLE_POWER for plane in planes]
    return {
        "hue": colour_cast(one, other).hue,
        "fine": float(np.log2(fine[1] / fine[0])),
        "contrast": float(np.log2(contrast[1] / contrast[0])),
    }


def ranges(looks: Iterable[Mapping[str, float]], widen: float) -> dict[str, Range]:
    """Minimum and maximum of each figure over some pictures, widened at both ends.

    Args:
        looks: figures of each picture (:func:`look`).
        widen: widening as a share of the difference between both; at least :data:`SLACK`.
    """
    pictures = list(looks)
    result = {}
    for name in pictures[0]:
        values = [figures[name] for figures in pictures]
        margin = max(widen * (max(values) - min(values)), SLACK[kind(name)])
        low, high = min(values) - margin, max(values) + margin
        signed = name in ("palette_a", "palette_b") or kind(name) == "texture"
        result[name] = (low if signed else max(low, 0.0), high)
    return result


def outside(figures: Mapping[str, float], allowed: Mapping[str, Range]) -> dict[str, float]:
    """Distance of each figure from its allowed range, in multiples of the kind's :data:`SLACK`; 0 inside."""
    return {
        name: max(low - figures[name], figures[name] - high, 0.0) / SLACK[kind(name)]
        for name, (low, high) in allowed.items()
    }


def kind(name: str) -> str:
    """Kind of a figure: ``palette``, ``tone``, ``contrast`` or ``texture``."""
    return name.partition("_")[0]


@cache
def figures() -> tuple[str, ...]:
    """Names of all figures."""
    return tuple(look(np.zeros((8, 8, 3), np.uint8)))


def _resized(rgb: Rgb) -> Rgb:
    scale = SIDE / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def _palette(rgb: Rgb) -> dict[str, float]:
    _, a, b = np.moveaxis(lab(rgb.astype(np.float32)), -1, 0)
    chroma = np.hypot(a, b)
    coloured = chroma > MIN_CHROMA
    hue_index = np.digitize(np.degrees(np.arctan2(b, a)) % 360, list(HUES.values())) - 1
    figures = {"a": float(a.mean()), "b": float(b.mean()), "chroma": float(chroma.mean())}
    figures["neutral"] = 100 * float((~coloured).mean())
    figures |= {hue: 100 * float((coloured & (hue_index == index)).mean()) for index, hue in enumerate(HUES)}
    return {f"palette_{name}": value for name, value in figures.items()}


def _tone(plane: Floats) -> dict[str, float]:
    levels = np.percentile(plane, PERCENTILES)
    return {f"tone_{at}": float(level) for at, level in zip(PERCENTILES, levels, strict=True)}


def _contrast(plane: Floats) -> dict[str, float]:
    return {"contrast_global": float(plane.std()), "contrast_local": local_contrast(plane)}


def local_contrast(plane: Floats) -> float:
    """Mean standard deviation (levels) of [H, W] luma within windows of :data:`CONTRAST_WINDOW` pixels."""
    mean, square = (cv2.blur(values, (CONTRAST_WINDOW, CONTRAST_WINDOW)) for values in (plane, plane * plane))
    return float(np.sqrt(np.maximum(square - mean * mean, 0)).mean())


def _texture(plane: Floats) -> dict[str, float]:
    rings = bands(power(plane))  # eight of equal width; the first holds shading, not texture
    octaves = {"coarse": rings[1:2], "middle": rings[2:4], "fine": rings[4:8]}
    return {
        f"texture_{name}": float(np.log2(octave.mean() + INVISIBLE_POWER)) for name, octave in octaves.items()
    }
