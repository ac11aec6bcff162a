"""Overlays with panels or without letters: banners, badges, logos, stickers, frames, codes, arrows."""

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.overlay.drawing import fonts, strings
from training.overlay.drawing.canvas import Canvas, Colour, extent


def banner(canvas: Canvas) -> None:
    """A strip across the photo, or a box, with letters on it."""
    text = canvas.line()
    face = canvas.font(text, canvas.uniform(0.02, 0.07))
    left, top, width, height = extent(text, face)
    pad = face.size * canvas.uniform(0.2, 0.9)
    ground, solid = canvas.colour(), 255 if canvas.chance(0.65) else int(canvas.rng.integers(90, 235))
    across = canvas.chance(0.5)
    if across:
        y = [0.0, canvas.height - height - 2 * pad, canvas.uniform(0, canvas.height - height - 2 * pad)][
            canvas.rng.integers(3)
        ]
        box = (0.0, y, float(canvas.width), y + height + 2 * pad)
    else:
        x, y = canvas.place(width + 2 * pad, height + 2 * pad)
        box = (x, y, x + width + 2 * pad, y + height + 2 * pad)
    ink, panel = canvas.pens()
    rounded = 0 if across else float(canvas.rng.choice([0, 0, 0.2, 0.5])) * (box[3] - box[1])
    edge = canvas.contrasting(ground) if canvas.chance(0.15) else None
    panel.rounded_rectangle(box, rounded, fill=(*ground, solid), outline=edge and (*edge, solid), width=2)
    if canvas.chance(0.2):
        _fade(canvas, box)
    text_left = (box[0] + box[2] - width) / 2 - left
    ink.text((text_left, box[1] + pad - top), text, font=face, fill=(*canvas.contrasting(ground), 255))


def _fade(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    """Let a panel fade out towards one side."""
    alpha = np.asarray(canvas.panel.getchannel("A"), np.float32)
    ramp = np.clip((np.arange(canvas.width) - box[0]) / max(1.0, box[2] - box[0]), 0, 1)
    faded = (alpha * (ramp if canvas.chance(0.5) else 1 - ramp)).astype(np.uint8)
    canvas.panel.putalpha(Image.fromarray(faded))


def strip(canvas: Canvas) -> None:
    """The strip of a trail camera, a shop's footer, or a phone's frame: several texts and a sign on one bar."""
    high = canvas.uniform(0.03, 0.12) * canvas.height
    y = 0 if canvas.chance(0.25) else canvas.height - high
    ground = [(0, 0, 0), (255, 255, 255), canvas.colour()][canvas.rng.integers(3)]
    ink, panel = canvas.pens()
    panel.rectangle((0, y, canvas.width, y + high), fill=(*ground, 255 if canvas.chance(0.75) else 150))
    tint = canvas.contrasting(ground)
    face = fonts.font(canvas.path_for("0"), max(9, int(high * canvas.uniform(0.3, 0.6))))
    x = 0.02 * canvas.width
    while x < canvas.width * 0.9:
        text = (strings.moment, strings.phone, strings.address, strings.measure)[canvas.rng.integers(4)](
            canvas.rng
        )
        if x + face.getlength(text) > canvas.width:
            break
        ink.text((x, y + (high - face.size) / 2), text, font=face, fill=(*tint, 255))
        x += face.getlength(text) + canvas.uniform(0.03, 0.3) * canvas.width
    if canvas.chance(0.5):
        sign = figure(int(high * 0.8), (*tint, 255), canvas)
        canvas.stamp(sign, (int(canvas.width - sign.width * 1.3), int(y + high * 0.1)))


def badge(canvas: Canvas) -> None:
    """A disc, star, ribbon or tag with a short text."""
    text = strings.discount(canvas.rng)
    size = canvas.long_side * canvas.uniform(0.07, 0.26)
    x, y = canvas.place(size, size, at_edge=0.85)
    ground = canvas.colour()
    ink, panel = canvas.pens()
    solid = 255 if canvas.chance(0.85) else int(canvas.rng.integers(120, 240))
    middle, radius = (x + size / 2, y + size / 2), size / 2
    shape = canvas.rng.integers(4)
    if shape == 0:
        panel.ellipse((x, y, x + size, y + size), fill=(*ground, solid))
    elif shape == 1:
        points = int(canvas.rng.integers(5, 25))
        angles = np.linspace(0, 2 * np.pi, 2 * points + 1)[:-1]
        radii = np.where(np.arange(2 * points) % 2, radius, radius * canvas.uniform(0.6, 0.92))
        corners = [
            (middle[0] + r * np.cos(t), middle[1] + r * np.sin(t)) for r, t in zip(radii, angles, strict=True)
        ]
        panel.polygon(corners, fill=(*ground, solid))
    elif shape == 2:
        panel.polygon([(x, y + size * 0.25), (x + size, y + size * 0.25), (x + size * 0.85, y + size * 0.5),
                       (x + size, y + size * 0.75), (x, y + size * 0.75)], fill=(*ground, solid))  # fmt: skip
    else:
        band = size * canvas.uniform(0.25, 0.4)
        panel.polygon([(0, size), (size, 0), (size + band, 0), (0, size + band)], fill=(*ground, solid))
        middle = ((size + band / 2) / 2, (size + band / 2) / 2)
    face = fonts.font(canvas.path_for(text), max(9, round(size / canvas.uniform(3, 5))))
    ink.text(middle, text, font=face, fill=(*canvas.contrasting(ground), 255), anchor="mm")
    if canvas.chance(0.3):
        inner = 0.85 * radius
        ring = (middle[0] - inner, middle[1] - inner, middle[0] + inner, middle[1] + inner)
        ink.ellipse(ring, outline=(*canvas.contrasting(ground), 255), width=max(1, round(size / 50)))


def figure(side: int, tint: tuple[int, int, int, int], canvas: Canvas) -> Image.Image:
    """A sign without letters: one to four simple figures within a square."""
    side = max(8, side)
    tile = Image.new("RGBA", (side, side), (*tint[:3], 0))
    pen = ImageDraw.Draw(tile)
    thick = max(1, round(side * canvas.uniform(0.03, 0.14)))
    for number in range(int(canvas.rng.integers(1, 5))):
        ink = tint if number == 0 or canvas.chance(0.5) else (*canvas.colour(), tint[3])
        inset = canvas.uniform(0, 0.32) * side
        box = (inset, inset, side - 1 - inset, side - 1 - inset)
        _shape(pen, box, ink, thick, canvas)
    return tile


def _shape(
    pen: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    ink: tuple[int, int, int, int],
    thick: int,
    canvas: Canvas,
) -> None:
    side, sort = box[2] + box[0] + 1, canvas.rng.integers(8)
    if sort == 0:
        pen.ellipse(box, outline=ink, width=thick)
    elif sort == 1:
        pen.ellipse(box, fill=ink)
    elif sort == 2:
        pen.rounded_rectangle(box, side * 0.12, outline=ink, width=thick)
    elif sort == 3:
        pen.regular_polygon((side / 2, side / 2, max(4.0, side / 2 - box[0])), int(canvas.rng.integers(3, 8)),
                            rotation=canvas.uniform(0, 90), fill=ink)  # fmt: skip
    elif sort == 4:
        points = canvas.rng.uniform(0, side, (int(canvas.rng.integers(3, 7)), 2))
        pen.line([(float(x), float(y)) for x, y in points], fill=ink, width=thick, joint="curve")
    elif sort == 5:
        start = canvas.uniform(0, 360)
        pen.arc(box, start, start + canvas.uniform(60, 300), fill=ink, width=thick)
    elif sort == 6:
        turns = np.linspace(0, 2 * np.pi, 40)
        lobes, depth = int(canvas.rng.integers(2, 7)), canvas.uniform(0.1, 0.5)
        radius = (side / 2 - box[0]) * (1 - depth + depth * np.cos(lobes * turns))
        pen.polygon(
            [
                (side / 2 + r * np.cos(t), side / 2 + r * np.sin(t))
                for r, t in zip(radius, turns, strict=True)
            ],
            fill=ink,
        )
    else:
        pen.pieslice(box, canvas.uniform(0, 180), canvas.uniform(181, 359), fill=ink)


def logo(canvas: Canvas) -> None:
    """A sign with a name beside or below it, or a sign alone; opaque or see-through."""
    size = canvas.long_side * canvas.uniform(0.03, 0.2)
    tint = (*canvas.colour(), 255 if canvas.chance(0.6) else int(canvas.rng.integers(60, 230)))
    sign = figure(int(size), tint, canvas)
    if canvas.chance(0.3):
        canvas.stamp(sign, canvas.place(sign.width, sign.height))
        return
    text = strings.phrase(canvas.rng, canvas.script.name)[:16]
    face = fonts.font(canvas.path_for(text), max(9, int(size * canvas.uniform(0.25, 0.7))))
    left, top, width, height = extent(text, face)
    below = canvas.chance(0.4)
    wide = max(size, width) if below else size * 1.2 + width
    high = size * 1.15 + height if below else max(size, height)
    x, y = canvas.place(wide, high, at_edge=0.85)
    canvas.stamp(sign, (int(x + (wide - size) / 2) if below else x, y))
    at = (x + (wide - width) / 2, y + size * 1.1) if below else (x + size * 1.2, y + (high - height) / 2)
    ImageDraw.Draw(canvas.ink).text((at[0] - left, at[1] - top), text, font=face, fill=tint)


def emblems(canvas: Canvas) -> None:
    """One sign all over the photo, see-through, or once and large."""
    tint = (*canvas.colour(), int(canvas.rng.integers(45, 150)))
    if canvas.chance(0.5):
        sign = figure(int(canvas.long_side * canvas.uniform(0.2, 0.6)), tint, canvas)
        canvas.stamp(sign, canvas.place(sign.width, sign.height, at_edge=0.2))
        return
    sign = figure(int(canvas.long_side * canvas.uniform(0.05, 0.14)), tint, canvas)
    step = sign.width * canvas.uniform(1.2, 2.4)
    for row, y in enumerate(np.arange(0, canvas.height, step)):
        for x in np.arange(-step * (row % 2) / 2, canvas.width, step):
            canvas.stamp(sign, (int(x), int(y)))


EMOJI = "😀😍🔥❤⭐🎁💯👍✨🎉🛒🚚✅❌💥🌟🐱🐶🎄👑🌸🍎⚡💎🏷📦📞✔➡⬇🆕🆓🔝🌈🦄🤩😎👉👇💰⏰"


def sticker(canvas: Canvas) -> None:
    """Emoji, or a figure with a white rim, as phones and chat programs lay over photos."""
    for _ in range(int(canvas.rng.integers(1, 4))):
        side = int(canvas.long_side * canvas.uniform(0.05, 0.25))
        face = fonts.emoji_font()
        if face is not None and canvas.chance(0.65):
            tile = Image.new("RGBA", (136, 136), (0, 0, 0, 0))
            ImageDraw.Draw(tile).text(
                (0, 4), EMOJI[canvas.rng.integers(len(EMOJI))], font=face, embedded_color=True
            )
            tile = tile.resize((side, side), Image.Resampling.LANCZOS)
        else:
            tile = figure(side, (*canvas.colour(), 255), canvas)
            rim = tile.getchannel("A").filter(ImageFilter.MaxFilter(2 * max(1, side // 30) + 1))
            white = Image.new("RGBA", tile.size, (255, 255, 255, 0))
            white.putalpha(rim)
            tile = Image.alpha_composite(white, tile)
        if canvas.chance(0.5):
            tile = tile.rotate(canvas.uniform(-40, 40), resample=Image.Resampling.BICUBIC, expand=True)
        canvas.stamp(tile, canvas.place(tile.width, tile.height, at_edge=0.5))


def frame(canvas: Canvas) -> None:
    """A border round the photo, plain or double, with rounded corners now and then."""
    thick = max(2, int(canvas.long_side * canvas.uniform(0.006, 0.05)))
    inset = 0 if canvas.chance(0.6) else int(canvas.long_side * canvas.uniform(0.01, 0.05))
    panel = ImageDraw.Draw(canvas.panel)
    box = (inset, inset, canvas.width - 1 - inset, canvas.height - 1 - inset)
    panel.rounded_rectangle(
        box, float(canvas.rng.choice([0, 0, 3 * thick])), outline=(*canvas.colour(), 255), width=thick
    )


def code(canvas: Canvas) -> None:
    """A QR code on its white ground."""
    image = cv2.QRCodeEncoder.create().encode(
        strings.address(canvas.rng).encode("ascii", "ignore").decode() or "x"
    )
    side = int(canvas.long_side * canvas.uniform(0.07, 0.25))
    big = cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=255)
    tile = Image.fromarray(big).resize((side, side), Image.Resampling.NEAREST).convert("RGBA")
    canvas.stamp(tile, canvas.place(side, side, at_edge=0.8))


def callout(canvas: Canvas) -> None:
    """Arrows, circles, dimension lines and ticks that point at the product, some with a text."""
    ink = ImageDraw.Draw(canvas.ink)
    tint: Colour = canvas.colour()
    thick = max(1, round(canvas.long_side * canvas.uniform(0.002, 0.012)))
    for _ in range(int(canvas.rng.integers(1, 4))):
        start = np.array(
            [canvas.uniform(0.05, 0.95) * canvas.width, canvas.uniform(0.05, 0.95) * canvas.height]
        )
        turn, length = canvas.uniform(0, 6.28), canvas.long_side * canvas.uniform(0.08, 0.4)
        if canvas.chance(0.5):
            turn = round(turn / 1.5708) * 1.5708
        end = start + length * np.array([np.cos(turn), np.sin(turn)])
        if canvas.chance(0.25):
            radius = length / 3
            ink.ellipse((*(start - radius), *(start + radius)), outline=(*tint, 255), width=2 * thick)
            continue
        ink.line((*start, *end), fill=(*tint, 255), width=thick)
        for tip, sense in ((end, 0.0), (start, np.pi)):
            for side in (2.6, -2.6):
                back = tip + 6 * thick * np.array([np.cos(turn + sense + side), np.sin(turn + sense + side)])
                ink.line((*tip, *back), fill=(*tint, 255), width=thick)
        if canvas.chance(0.6):
            text = strings.measure(canvas.rng) if canvas.chance(0.6) else canvas.line()[:18]
            face = canvas.font(text, canvas.uniform(0.02, 0.045), width=0.5)
            ink.text((float(end[0]) + 4, float(end[1])), text, font=face, fill=(*tint, 255))


GRAPHICS: dict[str, tuple[Callable[[Canvas], None], float]] = {
    "banner": (banner, 2.0),
    "strip": (strip, 1.2),
    "badge": (badge, 1.6),
    "logo": (logo, 1.8),
    "emblems": (emblems, 1.5),
    "sticker": (sticker, 1.0),
    "frame": (frame, 0.5),
    "code": (code, 0.4),
    "callout": (callout, 0.9),
}
"""Kinds of overlay with a panel or without letters, and how often each is drawn."""
