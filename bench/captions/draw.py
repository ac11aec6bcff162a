"""Twelve kinds of overlay as shops, cameras and agencies draw them."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.captions.fonts import MONO, ROOT, SCRIPTS, Script, font

Random = np.random.Generator
Colour = tuple[int, int, int]
Layer = Image.Image
VIVID: tuple[Colour, ...] = (
    (255, 255, 255), (0, 0, 0), (230, 0, 18), (255, 0, 0), (255, 212, 0), (255, 120, 0), (0, 120, 220),
    (0, 150, 70), (120, 20, 140), (40, 40, 40), (245, 245, 245), (200, 160, 60), (255, 60, 130), (20, 40, 90),
)  # fmt: skip

VISIBLE = 8
"""Levels in any channel from which a pixel counts as changed."""
LEGIBLE = 0.7
"""Share of an overlay's pixels that must be visible, or it is drawn again."""
TRIES = 12


@dataclass(frozen=True, eq=False)
class Drawn:
    """A photo with an overlay.

    Attributes:
        kind: one of ``KINDS``.
        script: the writing used.
        clean: [H, W, 3] uint8, the photo as it was (through the same JPEG when there was one).
        rgb: [H, W, 3] uint8, with the overlay.
        mask: [H, W] bool, pixels the overlay changed visibly before any compression.
    """

    kind: str
    script: str
    clean: np.ndarray
    rgb: np.ndarray
    mask: np.ndarray


def draw(rgb: np.ndarray, kind: str, rng: Random) -> Drawn:
    """One overlay of ``kind`` over ``rgb`` [H, W, 3] uint8; half of the results pass through JPEG.

    Nobody lays white letters over white ground: what can hardly be seen is drawn again elsewhere.
    """
    size = (rgb.shape[1], rgb.shape[0])
    for _ in range(TRIES):
        script = SCRIPTS[0] if rng.random() < 0.55 else SCRIPTS[rng.integers(len(SCRIPTS))]
        layer = Image.new("RGBA", size, (0, 0, 0, 0))
        KINDS[kind](layer, script, rng)
        mixed, mask, alpha = laid_over(rgb, layer)
        if mask.sum() > LEGIBLE * (alpha > 0.1).sum() > 0:
            break
    return saved(Drawn(kind, script.name, rgb, mixed, mask), rng)


def laid_over(rgb: np.ndarray, layer: Layer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``rgb`` under ``layer``, [H, W] bool of what changed visibly, and the layer's cover [H, W, 1] 0..1."""
    alpha = np.asarray(layer.getchannel("A"), np.float32)[..., None] / 255
    over = np.asarray(layer.convert("RGB"), np.float32)
    mixed = np.rint(rgb * (1 - alpha) + over * alpha).astype(np.uint8)
    return mixed, np.abs(mixed.astype(int) - rgb).max(axis=-1) > VISIBLE, alpha


def saved(drawn: Drawn, rng: Random) -> Drawn:
    """Half of them after one save as JPEG, with and without the overlay."""
    if rng.random() >= 0.5:
        return drawn
    quality, sampling = int(rng.integers(75, 97)), int(rng.choice([0, 2]))
    return replace(drawn, clean=jpeg(drawn.clean, quality, sampling), rgb=jpeg(drawn.rgb, quality, sampling))


def jpeg(rgb: np.ndarray, quality: int, sampling: int) -> np.ndarray:
    """``rgb`` after one save as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return np.asarray(Image.open(buffer))


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
    x = (box[0] + box[2] - width) / 2 - left
    pen.text((x, box[1] + pad - top), text, font=face, fill=(*contrasting(ground, rng), 255))


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
        (x, middle, x + small.getlength(old), middle), fill=(90, 90, 90, 255), width=max(1, small.size // 14)
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


KINDS: dict[str, Callable[[Layer, Script, Random], None]] = {
    "caption": caption,
    "outlined": outlined,
    "shadowed": shadowed,
    "banner": banner,
    "badge": badge,
    "stamp": stamp,
    "logo": logo,
    "slanted": slanted,
    "watermark": watermark,
    "repeated": repeated,
    "price": price,
    "lines": lines,
    "title": title,
}
