"""Layers to draw overlays on: colours, fonts that fit, and places."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFont

from bench.captions.fonts import Script, font

Random = np.random.Generator
Colour = tuple[int, int, int]
Layer = Image.Image
VIVID: tuple[Colour, ...] = (
    (255, 255, 255), (0, 0, 0), (230, 0, 18), (255, 0, 0), (255, 212, 0), (255, 120, 0), (0, 120, 220),
    (0, 150, 70), (120, 20, 140), (40, 40, 40), (245, 245, 245), (200, 160, 60), (255, 60, 130), (20, 40, 90),
)  # fmt: skip


def colour(rng: Random) -> Colour:
    return VIVID[rng.integers(len(VIVID))]


def contrasting(ground: Colour, rng: Random) -> Colour:
    """A vivid colour that can be read on ``ground``."""
    light = sum(ground) / 3
    fitting = [one for one in VIVID if abs(sum(one) / 3 - light) > 90]
    return fitting[rng.integers(len(fitting))]


def letters(layer: Layer, text: str, script: Script, rng: Random, share: float) -> ImageFont.FreeTypeFont:
    """A font in which ``text`` is about ``share`` of the picture high and fits its width."""
    paths = script.paths()
    path = paths[rng.integers(len(paths))]
    return fitted(layer, text, path, max(11, int(max(layer.size) * share)))


def fitted(layer: Layer, text: str, path: Path, size: int) -> ImageFont.FreeTypeFont:
    while size > 9 and font(path, size).getlength(text) > 0.94 * layer.width:
        size -= 2
    return font(path, size)


def spot(layer: Layer, box: tuple[float, float], rng: Random, *, near_edge: float = 0.7) -> tuple[int, int]:
    """Left and top for a box (width, height): near an edge, in the middle of a side, or anywhere."""
    free_x, free_y = max(0.0, layer.width - box[0]), max(0.0, layer.height - box[1])
    margin = float(rng.uniform(0.01, 0.06)) * max(layer.size)
    if rng.random() < near_edge:
        x = [min(margin, free_x), free_x / 2, max(0.0, free_x - margin)][rng.integers(3)]
        y = [min(margin, free_y), max(0.0, free_y - margin)][rng.integers(2)]
    else:
        x, y = rng.uniform(0, free_x + 1e-6), rng.uniform(0, free_y + 1e-6)
    return int(x), int(y)


def pick(script: Script, rng: Random) -> str:
    return script.texts[rng.integers(len(script.texts))]


def extent(text: str, face: ImageFont.FreeTypeFont, stroke: int = 0) -> tuple[float, float, float, float]:
    left, top, right, bottom = face.getbbox(text, stroke_width=stroke)
    return left, top, right - left, bottom - top
