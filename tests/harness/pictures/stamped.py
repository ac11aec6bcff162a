"""Uploads of a vendor who stamps every photo in the same corner."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

STAMP = "ACME STORE"
NOBODY_IS_SURE = """
name = "unsure"
[[steps]]
transform = "admit"
[[steps]]
transform = "find_text"
sure = 1.0 # no text is that by itself
unsure = 0.01
[[steps]]
transform = "erase_text"
[[steps]]
transform = "deliver"
format = "png"
"""


def stamped(
    folder: Path,
    count: int,
    *,
    text: str = STAMP,
    start: int = 0,
    size: tuple[int, int] = (480, 360),
    faint: bool = False,
) -> Path:
    """A folder of ``count`` different soft photos, with ``text`` in the lower right corner of each.

    A faint one is lighter than its ground by 14 levels in each channel.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        small = np.random.default_rng(number).integers(30, 150, (3, 4, 3), np.uint8)
        image = Image.fromarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC))
        if text:
            font = ImageFont.load_default(size[0] * 0.06)
            at = (size[0] * 0.95, size[1] * 0.94)
            if faint:
                layer = Image.new("L", size)
                ImageDraw.Draw(layer).text(at, text, font=font, fill=14, anchor="rs")
                image = Image.fromarray(np.asarray(image) + np.asarray(layer)[..., None])
            else:
                ImageDraw.Draw(image).text(at, text, font=font, fill=(250, 245, 235), anchor="rs")
        image.save(folder / f"photo{number:03}.png")
    return folder


def is_stamped(rgb: np.ndarray) -> bool:
    """Whether there is anything bright on a photo, whose ground never is."""
    return bool((rgb.min(axis=2) > 215).any())


def decoded(data: bytes) -> np.ndarray:
    """A delivered file's picture, [H, W, 3] uint8."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
