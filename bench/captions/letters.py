"""Overlays of letters: captions, titles, prices and watermarks as shops and agencies draw them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bench.captions.fonts import SCRIPTS, Script, font
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


def caption(layer: Layer, script: Script, rng: Random, *, share: tuple[float, float] = (0.03, 0.1)) -> None:
    """Plain letters of one colour."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, float(rng.uniform(*share)))
    left, top, width, height = extent(text, face)
    x, y = spot(layer, (width, height), rng)
    ImageDraw.Draw(layer).text((x - left, y - top), text, font=face, fill=(*colour(rng), 255))


def outlined(layer: Layer, script: Script, rng: Random) -> None:
    """Letters with a contour of another colour."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, float(rng.uniform(0.04, 0.1)))
    stroke = max(1, round(face.size / rng.uniform(12, 24)))
    left, top, width, height = extent(text, face, stroke)
    x, y = spot(layer, (width, height), rng)
    inner = colour(rng)
    ImageDraw.Draw(layer).text(
        (x - left, y - top), text, font=face, fill=(*inner, 255),
        stroke_width=stroke, stroke_fill=(*contrasting(inner, rng), 255),
    )  # fmt: skip


def shadowed(layer: Layer, script: Script, rng: Random) -> None:
    """Letters over their own soft dark shadow."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, float(rng.uniform(0.04, 0.1)))
    left, top, width, height = extent(text, face)
    away = max(1, round(face.size / 16))
    x, y = spot(layer, (width + away, height + away), rng)
    shade = Image.new("RGBA", layer.size, (0, 0, 0, 0))
    ImageDraw.Draw(shade).text((x - left + away, y - top + away), text, font=face, fill=(0, 0, 0, 200))
    layer.alpha_composite(shade.filter(ImageFilter.GaussianBlur(face.size / 30)))
    bright = [one for one in VIVID if sum(one) > 300]
    ImageDraw.Draw(layer).text(
        (x - left, y - top), text, font=face, fill=(*bright[rng.integers(len(bright))], 255)
    )


def turned(layer: Layer, script: Script, rng: Random, *, solid: int, share: float, angle: float) -> None:
    """Letters at an angle."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, share)
    left, top, width, height = extent(text, face)
    pad = 4
    tile = Image.new("RGBA", (round(width) + 2 * pad, round(height) + 2 * pad), (0, 0, 0, 0))
    ImageDraw.Draw(tile).text((pad - left, pad - top), text, font=face, fill=(*colour(rng), solid))
    tile = tile.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
    x, y = spot(layer, tile.size, rng, near_edge=0.2)
    layer.alpha_composite(tile, (x, y))


def slanted(layer: Layer, script: Script, rng: Random) -> None:
    """An opaque caption at an angle."""
    angle = float(rng.choice([-1, 1]) * rng.uniform(8, 45))
    turned(layer, script, rng, solid=255, share=float(rng.uniform(0.04, 0.08)), angle=angle)


def watermark(layer: Layer, script: Script, rng: Random) -> None:
    """One large see-through name."""
    angle = float(rng.choice([0, 30, -30, 45]))
    turned(
        layer,
        script,
        rng,
        solid=int(rng.integers(70, 140)),
        share=float(rng.uniform(0.07, 0.14)),
        angle=angle,
    )


def repeated(layer: Layer, script: Script, rng: Random) -> None:
    """A faint name all over the picture."""
    text = pick(script, rng)
    face = letters(layer, text, script, rng, float(rng.uniform(0.03, 0.05)))
    left, top, width, height = extent(text, face)
    step_x, step_y = width * rng.uniform(1.3, 2), height * rng.uniform(3, 6)
    grey = 255 if rng.random() < 0.6 else 0
    big = Image.new("RGBA", (2 * layer.width, 2 * layer.height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(big)
    solid = int(rng.integers(50, 110))
    for row, y in enumerate(np.arange(0, big.height, step_y)):
        for x in np.arange(-width * (row % 2) / 2, big.width, step_x):
            pen.text((x - left, y - top), text, font=face, fill=(grey, grey, grey, solid))
    big = big.rotate(float(rng.choice([0, 30, -30])), resample=Image.Resampling.BICUBIC)
    x, y = layer.width // 2, layer.height // 2
    layer.paste(big.crop((x, y, x + layer.width, y + layer.height)))


def price(layer: Layer, script: Script, rng: Random) -> None:
    """A large price with an old one struck through."""
    new, old = f"${rng.integers(5, 99)}.99", f"${rng.integers(100, 300)}"
    paths = SCRIPTS[0].paths()
    path = paths[rng.integers(len(paths))]
    face = fitted(layer, new, path, int(max(layer.size) * rng.uniform(0.06, 0.12)))
    small = font(path, max(10, round(face.size * 0.45)))
    width, height = face.getlength(new), face.size * 1.7
    x, y = spot(layer, (width, height), rng)
    pen = ImageDraw.Draw(layer)
    tint = VIVID[int(rng.choice([2, 3, 5]))]
    pen.text((x, y), old, font=small, fill=(90, 90, 90, 255))
    middle = y + small.size * 0.6
    pen.line(
        (x, middle, x + small.getlength(old), middle),
        fill=(90, 90, 90, 255),
        width=max(1, int(small.size) // 14),
    )
    pen.text((x, y + small.size), new, font=face, fill=(*tint, 255))


def title(layer: Layer, script: Script, rng: Random) -> None:
    """Letters that fill much of the picture, plain or with a contour, as on a poster."""
    word = max(pick(script, rng).split(), key=len)
    face = letters(layer, word, script, rng, float(rng.uniform(0.14, 0.35)))
    stroke = round(face.size / 30) if rng.random() < 0.4 else 0
    left, top, width, height = extent(word, face, stroke)
    x, y = spot(layer, (width, height), rng, near_edge=0.5)
    inner = colour(rng)
    ImageDraw.Draw(layer).text(
        (x - left, y - top), word, font=face, fill=(*inner, 255),
        stroke_width=stroke, stroke_fill=(*contrasting(inner, rng), 255),
    )  # fmt: skip


def lines(layer: Layer, script: Script, rng: Random) -> None:
    """Several lines of description, set flush left."""
    face = letters(layer, "Waterproof 5000mAh", SCRIPTS[0] if script.name == "arabic" else script, rng,
                   float(rng.uniform(0.022, 0.04)))  # fmt: skip
    texts = SCRIPTS[0].texts if script.name == "arabic" else script.texts
    chosen = [texts[i] for i in rng.permutation(len(texts))[: int(rng.integers(2, 5))]]
    chosen = [text for text in chosen if face.getlength(text) < 0.9 * layer.width]
    width = max((face.getlength(text) for text in chosen), default=0)
    x, y = spot(layer, (width, 1.4 * face.size * len(chosen)), rng)
    pen, tint = ImageDraw.Draw(layer), colour(rng)
    for number, text in enumerate(chosen):
        pen.text((x, y + number * 1.35 * face.size), text, font=face, fill=(*tint, 255))
