"""Draws typical vendor overlays on the sample photos and creates the two faulty files of the upload.

``python samples/draw.py`` reads ``originals/`` and writes to ``upload/acme/``. Equal versions of Pillow give equal
bytes. ``originals/`` keeps the photos without overlays, for comparison with the results.
"""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
UPLOAD = HERE / "upload" / "acme"


def letters(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's bundled font, which needs no system font."""
    return ImageFont.load_default(size)


def caption(photo: Image.Image) -> None:
    """White text with a dark outline, centred near the bottom."""
    width, height = photo.size
    ImageDraw.Draw(photo).text(
        (width / 2, height * 0.93),
        "NEW IN STOCK",
        font=letters(height * 0.075),
        fill="white",
        stroke_width=2,
        stroke_fill="black",
        anchor="mm",
    )


def price_badge(photo: Image.Image) -> None:
    """A red disc with a price, in the upper right corner."""
    width, _ = photo.size
    radius = width * 0.11
    x, y = width - radius * 1.3, radius * 1.3
    draw = ImageDraw.Draw(photo)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(214, 32, 44))
    draw.text((x, y), "$49", font=letters(radius * 0.85), fill="white", anchor="mm")


def watermark(photo: Image.Image) -> None:
    """A semi-transparent name in the lower right corner."""
    width, height = photo.size
    layer = Image.new("RGBA", photo.size)
    ImageDraw.Draw(layer).text(
        (width * 0.96, height * 0.965),
        "acme.example",
        font=letters(width * 0.07),
        fill=(255, 255, 255, 150),
        anchor="rs",
    )
    photo.paste(layer, mask=layer)


def timestamp(photo: Image.Image) -> None:
    """Orange digits like the date stamp of a camera."""
    width, height = photo.size
    ImageDraw.Draw(photo).text(
        (width * 0.95, height * 0.95),
        "2026/05/14  16:42",
        font=letters(height * 0.055),
        fill=(255, 154, 40),
        anchor="rs",
    )


def banner(photo: Image.Image) -> None:
    """A coloured strip with text across the whole width."""
    width, height = photo.size
    top = round(height * 0.91)
    draw = ImageDraw.Draw(photo)
    draw.rectangle((0, top, width, height), fill=(24, 62, 140))
    draw.text(
        (width / 2, (top + height) / 2),
        "30% OFF THIS WEEK",
        font=letters(height * 0.055),
        fill="white",
        anchor="mm",
    )


DRAWN: dict[str, tuple[str, Callable[[Image.Image], None]]] = {
    "sneakers-blue.jpg": ("shoes", caption),
    "coat-grey.jpg": ("clothing", price_badge),
    "sneakers-white.jpg": ("shoes", watermark),
    "pomegranates.jpg": ("food", timestamp),
    "top-yellow.jpg": ("clothing", banner),
}


def main() -> None:
    for name, (folder, draw) in DRAWN.items():
        with Image.open(HERE / "originals" / name) as original:
            photo = original.convert("RGB")
        draw(photo)
        photo.save(UPLOAD / folder / name, quality=92, subsampling=0)
    # too small to enlarge well: is flagged
    with Image.open(HERE / "originals" / "pears.jpg") as original:
        original.resize((96, 96), Image.Resampling.LANCZOS).save(
            UPLOAD / "food" / "pears-thumbnail.jpg", quality=85
        )
    # truncated as by a broken transfer: is refused
    whole = (HERE / "originals" / "trousers-black.jpg").read_bytes()
    (UPLOAD / "clothing" / "trousers-black.jpg").write_bytes(whole[: len(whole) // 2])


if __name__ == "__main__":
    main()
