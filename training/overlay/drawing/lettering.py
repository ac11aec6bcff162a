"""Overlays made of letters, as shops, cameras and agencies set them."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.overlay.drawing import fonts, strings
from training.overlay.drawing.canvas import Canvas, Colour, extent


def caption(canvas: Canvas) -> None:
    """One line, plain or with a contour, a shadow or a glow."""
    _styled(canvas, canvas.line(), canvas.uniform(0.018, 0.11))


def title(canvas: Canvas) -> None:
    """Letters that fill much of the photo."""
    text = max(canvas.line().split() or ["NEW"], key=len)
    _styled(canvas, text, canvas.uniform(0.13, 0.4), at_edge=0.4)


def vertical(canvas: Canvas) -> None:
    """A column of letters, as East Asian titles are set, or a line turned by a quarter."""
    text = canvas.line()[:10] or "NEW"
    face = canvas.font(text, canvas.uniform(0.03, 0.12))
    if canvas.script.name in ("chinese", "japanese", "korean") and canvas.chance(0.7):
        step = face.size * 1.1
        x, y = canvas.place(face.size, step * len(text))
        pen, tint = ImageDraw.Draw(canvas.ink), canvas.colour()
        for number, letter in enumerate(text):
            pen.text((x, y + number * step), letter, font=face, fill=(*tint, 255))
        return
    _turned(canvas, canvas.line(), canvas.uniform(0.02, 0.07), float(canvas.rng.choice([90, 270])), 255, 0.8)


def _styled(canvas: Canvas, text: str, share: float, *, at_edge: float = 0.65) -> None:
    face = canvas.font(text, share)
    stroke = max(1, round(face.size / canvas.uniform(10, 26))) if canvas.chance(0.3) else 0
    left, top, width, height = extent(text, face, stroke)
    x, y = canvas.place(width, height, at_edge=at_edge)
    at, inner = (x - left, y - top), canvas.colour()
    outer = canvas.contrasting(inner)
    if canvas.chance(0.3):
        _shaded(canvas, text, face, at, outer if canvas.chance(0.3) else (0, 0, 0))
    fill = (*inner, 0) if stroke and canvas.chance(0.15) else (*inner, 255)
    ImageDraw.Draw(canvas.ink).text(
        at, text, font=face, fill=fill, stroke_width=stroke, stroke_fill=(*outer, 255)
    )
    if canvas.chance(0.08):
        thick = max(1, round(face.size / 14))
        line_y = y + height * (0.55 if canvas.chance(0.5) else 1.12)
        ImageDraw.Draw(canvas.ink).line((x, line_y, x + width, line_y), fill=(*inner, 255), width=thick)


def _shaded(
    canvas: Canvas, text: str, face: ImageFont.FreeTypeFont, at: tuple[float, float], tint: Colour
) -> None:
    """A soft shadow or glow below a text."""
    size = face.size
    away = max(1, round(size / canvas.uniform(10, 24))) if canvas.chance(0.7) else 0
    box = face.getbbox(text)
    soft = size / canvas.uniform(8, 40)
    pad = int(3 * soft) + 2
    tile = Image.new("RGBA", (int(box[2] - box[0]) + 2 * pad, int(box[3] - box[1]) + 2 * pad), (*tint, 0))
    pen = ImageDraw.Draw(tile)
    pen.text((pad - box[0], pad - box[1]), text, font=face, fill=(*tint, int(canvas.rng.integers(120, 256))))
    tile = tile.filter(ImageFilter.GaussianBlur(soft))
    canvas.stamp(tile, (int(at[0] + box[0]) - pad + away, int(at[1] + box[1]) - pad + away))


def lines(canvas: Canvas) -> None:
    """Several lines of description, in one column or two."""
    share = canvas.uniform(0.016, 0.045)
    face = canvas.font("W", share, path=canvas.path)
    columns = 2 if canvas.chance(0.2) else 1
    room = canvas.width * 0.9 / columns
    texts = [canvas.line() for _ in range(int(canvas.rng.integers(2, 8)) * columns)]
    texts = [text for text in texts if face.getlength(text) < room]
    if not texts:
        caption(canvas)
        return
    step = face.size * canvas.uniform(1.2, 1.9)
    width = max(face.getlength(text) for text in texts)
    x, y = canvas.place(width * columns, step * len(texts) / columns)
    pen, tint, accent = ImageDraw.Draw(canvas.ink), canvas.colour(), canvas.colour()
    centred = canvas.chance(0.3)
    for number, text in enumerate(texts):
        column, row = number % columns, number // columns
        shift = (width - face.getlength(text)) / 2 if centred else 0
        ink = accent if row == 0 and canvas.chance(0.5) else tint
        pen.text((x + shift + column * room, y + row * step), text, font=face, fill=(*ink, 255))


def price(canvas: Canvas) -> None:
    """A large price, with an old one struck through."""
    new, old = strings.price(canvas.rng), strings.price(canvas.rng)
    face = canvas.font(new, canvas.uniform(0.05, 0.14), width=0.6)
    small = fonts.font(canvas.path_for(old), max(9, round(face.size * 0.45)))
    x, y = canvas.place(face.getlength(new), face.size * 1.7)
    pen, tint = ImageDraw.Draw(canvas.ink), canvas.colour()
    if canvas.chance(0.6):
        pen.text((x, y), old, font=small, fill=(90, 90, 90, 255))
        middle = y + small.size * 0.6
        pen.line(
            (x, middle, x + small.getlength(old), middle),
            fill=(90, 90, 90, 255),
            width=max(1, int(small.size) // 14),
        )
    pen.text((x, y + small.size), new, font=face, fill=(*tint, 255))


def stamp(canvas: Canvas) -> None:
    """A camera's date, or the two lines that a phone writes."""
    corner = canvas.chance(0.85)
    path = fonts.clock_fonts()[canvas.rng.integers(len(fonts.clock_fonts()))] if fonts.clock_fonts() else ""
    tint = [(255, 140, 30), (255, 220, 60), (255, 60, 30), (255, 255, 255), (235, 235, 235)][
        canvas.rng.integers(5)
    ]
    margin = canvas.uniform(0.01, 0.06) * canvas.long_side
    tile = (
        _phone_tile(canvas)
        if canvas.chance(0.45)
        else _line_tile(canvas, strings.moment(canvas.rng), path, tint)
    )
    if canvas.chance(0.25):
        tile = tile.rotate(float(canvas.rng.choice([90, 180, 270])), expand=True)
    x = margin if canvas.chance(0.5) else canvas.width - tile.width - margin
    y = canvas.height - tile.height - margin if canvas.chance(0.75) else margin
    if not corner:
        x, y = canvas.place(tile.width, tile.height)
    canvas.stamp(tile, (int(x), int(y)))


def _line_tile(canvas: Canvas, text: str, path: str, tint: Colour) -> Image.Image:
    face = canvas.font(text, canvas.uniform(0.018, 0.05), path=path)
    left, top, width, height = extent(text, face, 1)
    tile = Image.new("RGBA", (int(width) + 4, int(height) + 4), (*tint, 0))
    stroke = 1 if canvas.chance(0.25) else 0
    ImageDraw.Draw(tile).text(
        (2 - left, 2 - top),
        text,
        font=face,
        fill=(*tint, 255),
        stroke_width=stroke,
        stroke_fill=(0, 0, 0, 255),
    )
    return tile


def _phone_tile(canvas: Canvas) -> Image.Image:
    """A phone's sign of lenses and its two lines, white and a little see-through."""
    first, second = strings.shot_on(canvas.rng)
    path = fonts.latin()[canvas.rng.integers(len(fonts.latin()))]
    face = canvas.font(first, canvas.uniform(0.02, 0.045), width=0.6, path=path)
    small = fonts.font(path, max(9, int(face.size * canvas.uniform(0.6, 0.95))))
    size, tint = face.size, (255, 255, 255, int(canvas.rng.integers(190, 256)))
    wide = max(face.getlength(first), small.getlength(second))
    signed = canvas.chance(0.75)
    start = size * 2.6 if signed else 0
    tile = Image.new("RGBA", (int(start + wide) + 6, int(size * 2.7) + 6), (255, 255, 255, 0))
    pen = ImageDraw.Draw(tile)
    if signed:
        thick, radius = max(1, round(size / 9)), size * canvas.uniform(0.42, 0.6)
        for number in range(int(canvas.rng.integers(1, 3))):
            middle = (radius + 2 + number * 1.9 * radius, size * 1.3)
            box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
            pen.ellipse(box, outline=tint, width=thick)
    pen.text((start, 0), first, font=face, fill=tint)
    pen.text((start, size * 1.35), second, font=small, fill=tint)
    return tile


def _turned(canvas: Canvas, text: str, share: float, angle: float, solid: int, at_edge: float) -> None:
    face = canvas.font(text, share)
    left, top, width, height = extent(text, face)
    tint = canvas.colour()
    tile = Image.new("RGBA", (int(width) + 8, int(height) + 8), (*tint, 0))
    ImageDraw.Draw(tile).text((4 - left, 4 - top), text, font=face, fill=(*tint, solid))
    tile = tile.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
    canvas.stamp(tile, canvas.place(tile.width, tile.height, at_edge=at_edge))


def slanted(canvas: Canvas) -> None:
    """A line at an angle."""
    _turned(canvas, canvas.line(), canvas.uniform(0.03, 0.1), canvas.uniform(-50, 50), 255, 0.3)


def watermark(canvas: Canvas) -> None:
    """One large see-through line."""
    angle = float(canvas.rng.choice([0, 30, -30, 45, canvas.uniform(-90, 90)]))
    _turned(canvas, canvas.line(), canvas.uniform(0.05, 0.2), angle, int(canvas.rng.integers(45, 150)), 0.2)


def tiled(canvas: Canvas) -> None:
    """A faint line all over the photo."""
    text = canvas.line()[:22]
    face = canvas.font(text, canvas.uniform(0.022, 0.06), width=0.7)
    left, top, width, height = extent(text, face)
    step_x, step_y = width * canvas.uniform(1.15, 2.2) + 4, height * canvas.uniform(2, 6) + 4
    tint = (255, 255, 255) if canvas.chance(0.6) else canvas.colour()
    solid = int(canvas.rng.integers(35, 130))
    side = int(1.5 * canvas.long_side)
    sheet = Image.new("RGBA", (side, side), (*tint, 0))
    pen = ImageDraw.Draw(sheet)
    for row, y in enumerate(np.arange(0, side, step_y)):
        for x in np.arange(-width * (row % 2) / 2, side, step_x):
            pen.text((x - left, y - top), text, font=face, fill=(*tint, solid))
    sheet = sheet.rotate(float(canvas.rng.choice([0, 30, -30, 45, -20])), resample=Image.Resampling.BILINEAR)
    x, y = (side - canvas.width) // 2, (side - canvas.height) // 2
    canvas.ink.alpha_composite(sheet.crop((x, y, x + canvas.width, y + canvas.height)))


LETTERING: dict[str, tuple[Callable[[Canvas], None], float]] = {
    "caption": (caption, 3.0),
    "title": (title, 1.2),
    "vertical": (vertical, 0.8),
    "lines": (lines, 2.6),
    "price": (price, 1.0),
    "stamp": (stamp, 2.2),
    "slanted": (slanted, 1.4),
    "watermark": (watermark, 2.0),
    "tiled": (tiled, 2.0),
}
"""Kinds of overlay made of letters, and how often each is drawn."""
