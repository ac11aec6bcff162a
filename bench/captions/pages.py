"""What is printed on products: slogans, labels, barcodes, flyers, circuit boards' legends."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from bench.captions.draw import VIVID, Layer, Random, colour, contrasting, letters, pick
from bench.captions.fonts import SCRIPTS, Script, font

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def slogan(page: Layer, script: Script, rng: Random) -> None:
    """One to four lines in one ink, right on the product."""
    first = pick(script, rng)
    face = letters(page, first, script, rng, float(rng.uniform(0.02, 0.1)))
    texts = [first, *(pick(script, rng) for _ in range(int(rng.integers(0, 4))))]
    pen, ink = ImageDraw.Draw(page), colour(rng)
    for number, text in enumerate(texts):
        pen.text((page.width * 0.03, page.height * 0.05 + number * 1.4 * face.size), text, font=face,
                 fill=(*ink, 255))  # fmt: skip


def sticker(page: Layer, script: Script, rng: Random) -> None:
    """A shelf or product label: dark on light ground, now and then with its barcode or a coloured bar."""
    first = pick(script, rng)
    face = letters(page, first, script, rng, float(rng.uniform(0.02, 0.07)))
    texts = [first, *(pick(script, rng) for _ in range(int(rng.integers(0, 3))))]
    ground = WHITE if rng.random() < 0.6 else colour(rng)
    ink = contrasting(ground, rng)
    wide = max(face.getlength(text) for text in texts) + 2 * face.size
    high = (len(texts) * 1.4 + 1) * face.size
    left, top = page.width * 0.02, page.height * 0.02
    coded = rng.random() < 0.4
    pen = ImageDraw.Draw(page)
    pen.rectangle((left, top, left + wide, top + high * (1.7 if coded else 1)), fill=(*ground, 255))
    if rng.random() < 0.3:
        pen.rectangle((left, top, left + wide, top + 1.7 * face.size), fill=(*colour(rng), 255))
    for number, text in enumerate(texts):
        at = (left + face.size * 0.7, top + face.size * (0.4 + 1.4 * number))
        pen.text(at, text, font=face, fill=(*ink, 255))
    if coded:
        bars(pen, (left + face.size, top + high), (wide - 2 * face.size, 0.5 * high), face.size, rng)


def bars(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], size: tuple[float, float], step: float, rng: Random
) -> None:
    """Bars of a code with their number below."""
    x, end = at[0], at[0] + size[0]
    module = max(1.0, step / 12)
    while x < end:
        wide = module * int(rng.integers(1, 4))
        pen.rectangle((x, at[1], min(x + wide, end), at[1] + size[1]), fill=(*BLACK, 255))
        x += wide + module * int(rng.integers(1, 4))
    small = font(SCRIPTS[0].paths()[0], max(9, round(size[1] / 4)))
    digits = "".join(str(digit) for digit in rng.integers(0, 10, 13))
    pen.text((at[0], at[1] + size[1] * 1.05), digits, font=small, fill=(*BLACK, 255))


def barcode(page: Layer, script: Script, rng: Random) -> None:
    """A code on its white ground."""
    wide = page.width * float(rng.uniform(0.15, 0.5))
    high = wide * float(rng.uniform(0.3, 0.6))
    left, top = page.width * 0.02, page.height * 0.02
    pen = ImageDraw.Draw(page)
    pen.rectangle((left, top, left + 1.2 * wide, top + 1.5 * high), fill=(*WHITE, 255))
    bars(pen, (left + 0.1 * wide, top + 0.1 * high), (wide, high), wide / 8, rng)


def flyer(page: Layer, script: Script, rng: Random) -> None:
    """A sheet full of print: a heading, columns of small lines, a coloured box."""
    wide, high = page.width * float(rng.uniform(0.4, 0.8)), page.height * float(rng.uniform(0.4, 0.8))
    left, top = page.width * 0.02, page.height * 0.02
    ground = WHITE if rng.random() < 0.6 else VIVID[rng.integers(len(VIVID))]
    ink = contrasting(ground, rng)
    pen = ImageDraw.Draw(page)
    pen.rectangle((left, top, left + wide, top + high), fill=(*ground, 255))
    path = script.paths()[rng.integers(len(script.paths()))]
    y = top + 0.03 * high
    while y < top + 0.85 * high:
        face = font(path, max(10, round(high * float(rng.choice([0.035, 0.05, 0.05, 0.12])))))
        text = pick(script, rng)
        tint = ink if rng.random() < 0.7 else contrasting(ground, rng)
        if rng.random() < 0.2:
            box = (left + 0.04 * wide, y, left + 0.9 * wide, y + 1.5 * face.size)
            pen.rectangle(box, fill=(*tint, 255))
            tint = contrasting(tint, rng)
        pen.text((left + 0.05 * wide, y), text, font=face, fill=(*tint, 255))
        y += 1.5 * face.size


def legend(page: Layer, script: Script, rng: Random) -> None:
    """Many short marks beside holes and tracks, as on a circuit board."""
    face = font(SCRIPTS[0].paths()[rng.integers(3)], max(9, int(max(page.size) * rng.uniform(0.012, 0.035))))
    pen = ImageDraw.Draw(page)
    ink = WHITE if rng.random() < 0.7 else (240, 220, 130)
    words = ("GND", "VCC", "3V3", "R12", "C4", "SDA", "SCL", "RST", "U1", "D13", "TX", "RX", "5V", "rev B")
    columns, rows = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    for column in range(columns):
        for row in range(rows):
            x, y = (0.3 + 4 * column) * face.size, (0.3 + 1.8 * row) * face.size
            pen.text((x + face.size, y), words[rng.integers(len(words))], font=face, fill=(*ink, 255))
            pen.ellipse(
                (x, y, x + 0.7 * face.size, y + 0.7 * face.size), outline=(200, 170, 70, 255), width=2
            )


PAGES: dict[str, Callable[[Layer, Script, Random], None]] = {
    "slogan": slogan,
    "sticker": sticker,
    "barcode": barcode,
    "flyer": flyer,
    "legend": legend,
}


def page(size: tuple[int, int], rng: Random) -> tuple[str, str, np.ndarray]:
    """Kind, script, and [H, W, 4] float32 (RGB in levels, cover 0..1) of one page of ``size`` (width, height)."""
    kind = str(rng.choice(list(PAGES), p=[0.4, 0.2, 0.1, 0.15, 0.15]))
    script = SCRIPTS[0] if rng.random() < 0.6 else SCRIPTS[rng.integers(len(SCRIPTS))]
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    PAGES[kind](layer, script, rng)
    drawn = np.asarray(layer, np.float32)
    return kind, script.name, np.dstack([drawn[..., :3], drawn[..., 3:] / 255])
