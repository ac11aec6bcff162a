"""Busy photos with a shop's sign and name on them, so that the overlay's own pixels are known."""

from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from line.facts import Box
from line.picture import Rgb
from overlay.templates.mark_learning import Example, learn
from overlay.templates.vendor_overlay import Mark

INK = (200, 30, 40)


def ground(seed: int, size: tuple[int, int] = (480, 360)) -> Rgb:
    """A busy photo: blotches, a bright bar at a place of its own, grain."""
    rng = np.random.default_rng(seed)
    soft = cv2.resize(rng.integers(30, 225, (5, 7, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    x, y = rng.integers(0, size[0] - 80), rng.integers(0, size[1] - 60)
    cv2.rectangle(soft, (int(x), int(y)), (int(x) + 80, int(y) + 30), rng.integers(0, 255, 3).tolist(), -1)
    return np.asarray(np.clip(soft + rng.normal(0, 6, soft.shape), 0, 255), np.uint8)


def stamped(
    seed: int, size: tuple[int, int] = (480, 360), solid: int = 255, ink: tuple[int, int, int] = INK
) -> tuple[Rgb, Box, np.ndarray]:
    """A photo with a disc and a name in its lower right corner, the name's box, and the overlay's pixels."""
    layer = Image.new("RGBA", size, (*ink, 0))
    pen, unit = ImageDraw.Draw(layer), size[0] / 480
    font = ImageFont.load_default(30 * unit)
    right, bottom = size[0] - 20 * unit, size[1] - 20 * unit
    left, top, right, bottom = pen.textbbox((right, bottom), "KIOSK24", font=font, anchor="rb")
    pen.text((right, bottom), "KIOSK24", font=font, anchor="rb", fill=(*ink, solid))
    disc = 40 * unit
    pen.ellipse((left - 1.4 * disc, bottom - disc, left - 0.4 * disc, bottom), fill=(*ink, solid))
    alpha = np.asarray(layer.getchannel("A"), np.float32)[..., None] / 255
    rgb = np.rint(ground(seed, size) * (1 - alpha) + np.array(ink) * alpha).astype(np.uint8)
    box = (left / size[0], top / size[1], right / size[0], bottom / size[1])
    return rgb, box, alpha[..., 0] > 0.1


def example(seed: int, solid: int = 255, ink: tuple[int, int, int] = INK) -> Example:
    """Such a photo with the overlay's pixels as a network would see them."""
    rgb, box, pixels = stamped(seed, solid=solid, ink=ink)
    return Example(rgb, box, pixels.astype(np.uint8) * 255, solid / 255)


@cache
def learnt(solid: int = 255, ink: tuple[int, int, int] = INK) -> Mark:
    """The overlay as it is learnt from seven photos."""
    mark = learn([example(seed, solid, ink) for seed in range(7)])
    assert mark is not None
    return mark
