"""Overlays with a ground or a sign of their own: banners, badges, date stamps and logos."""

import numpy as np
from PIL import ImageDraw

from bench.captions.fonts import MONO, ROOT, SCRIPTS, Script, font
from bench.captions.layer import (
    VIVID,
    Layer,
    Random,
    colour,
    contrasting,
    extent,
    fitted,
    letters,
    pick,
    spot,
)


def banner(layer: Layer, script: Script, rng: Random) -> None:
    """A strip across the picture, or a box, with letters on it."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, float(rng.uniform(0.03, 0.06)))
    left, top, width, height = extent(text, face)
    pad = face.size * rng.uniform(0.25, 0.6)
    ground = colour(rng)
    if rng.random() < 0.5:
        y = 0 if rng.random() < 0.5 else round(layer.height - height - 2 * pad)
        box = (0, y, layer.width, round(y + height + 2 * pad))
    else:
        x, y = spot(layer, (width + 2 * pad, height + 2 * pad), rng)
        box = (x, y, round(x + width + 2 * pad), round(y + height + 2 * pad))
    pen = ImageDraw.Draw(layer)
    round_by = 0 if box[0] == 0 else int(rng.choice([0, 0, 6, 14]))
    solid = 255 if rng.random() < 0.7 else int(rng.integers(150, 230))
    pen.rounded_rectangle(box, round_by, fill=(*ground, solid))
    text_left = (box[0] + box[2] - width) / 2 - left
    pen.text((text_left, box[1] + pad - top), text, font=face, fill=(*contrasting(ground, rng), 255))


def badge(layer: Layer, script: Script, rng: Random) -> None:
    """A disc or a star with a short text, in a corner."""
    text = ["NEW", "-30%", "SALE", "TOP", "2+1", "HIT"][rng.integers(6)]
    size = round(max(layer.size) * rng.uniform(0.1, 0.2))
    path = SCRIPTS[0].paths()[0]
    face = font(path, max(9, round(size / 3.6)))
    margin = round(0.02 * max(layer.size))
    x = margin if rng.random() < 0.5 else layer.width - size - margin
    y = margin if rng.random() < 0.7 else layer.height - size - margin
    ground = VIVID[int(rng.choice([2, 3, 4, 5, 6, 7, 8, 12]))]
    pen = ImageDraw.Draw(layer)
    middle, radius = (x + size / 2, y + size / 2), size / 2
    if rng.random() < 0.6:
        pen.ellipse((x, y, x + size, y + size), fill=(*ground, 255))
    else:
        turns = np.linspace(0, 2 * np.pi, 33)[:-1]
        reach = np.where(np.arange(32) % 2, radius, radius * 0.86)
        pen.polygon(
            [
                (middle[0] + r * np.cos(t), middle[1] + r * np.sin(t))
                for r, t in zip(reach, turns, strict=True)
            ],
            fill=(*ground, 255),
        )
    pen.text(middle, text, font=face, fill=(*contrasting(ground, rng), 255), anchor="mm")


def stamp(layer: Layer, script: Script, rng: Random) -> None:
    """A camera's date in a lower corner."""
    text = f"20{rng.integers(10, 26)}/{rng.integers(1, 13):02}/{rng.integers(1, 29):02}"
    if rng.random() < 0.6:
        text += f" {rng.integers(0, 24):02}:{rng.integers(0, 60):02}"
    mono = [ROOT / name for names in MONO.values() for name in names]
    face = fitted(layer, text, mono[0], max(11, int(max(layer.size) * rng.uniform(0.02, 0.04))))
    left, top, width, height = extent(text, face)
    margin = rng.uniform(0.015, 0.05) * max(layer.size)
    x = layer.width - width - margin if rng.random() < 0.75 else margin
    y = layer.height - height - margin
    tint = [(255, 140, 30), (255, 220, 60), (255, 60, 30), (255, 255, 255)][rng.integers(4)]
    ImageDraw.Draw(layer).text((x - left, y - top), text, font=face, fill=(*tint, 255))


def logo(layer: Layer, script: Script, rng: Random) -> None:
    """A shop's sign and name in a corner."""
    text = ["ACME", "Nordlys", "vela shop", "KIOSK24", "好店"][rng.integers(5)]
    script = SCRIPTS[1] if text == "好店" else SCRIPTS[0]
    face = letters(layer, text, script, rng, float(rng.uniform(0.025, 0.05)))
    left, top, width, height = extent(text, face)
    side = round(height * 1.5)
    x, y = spot(layer, (width + 1.3 * side, side), rng, near_edge=1.0)
    tint, solid = colour(rng), int(rng.integers(190, 256))
    pen = ImageDraw.Draw(layer)
    if rng.random() < 0.5:
        pen.ellipse((x, y, x + side, y + side), fill=(*tint, solid))
    else:
        pen.polygon([(x, y + side), (x + side / 2, y), (x + side, y + side)], fill=(*tint, solid))
    pen.text((x + 1.3 * side - left, y + (side - height) / 2 - top), text, font=face, fill=(*tint, solid))
