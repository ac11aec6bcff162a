"""Text laid over clean photos, so that the truth under it is known."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from line.picture import Mask, Rgb
from training.gates.photos import Photo

LINES = ("SALE 50% OFF", "NEW ARRIVAL", "www.example-shop.com", "Free shipping", "BEST PRICE!", "Sample 2024")
INKS = ((255, 255, 255), (0, 0, 0), (220, 20, 30), (20, 60, 200), (250, 210, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Overlaid:
    """A photo with text on it.

    Attributes:
        truth: [H, W, 3] uint8 without the text, compressed as ``before`` was.
        before: with the text.
        mask: [H, W] uint8 feathered mask over the text.
    """

    truth: Rgb
    before: Rgb
    mask: Mask


def overlay(photo: Photo, quality: int = 92) -> Overlaid:
    """One to three lines of text in one ink, opaque or nearly; the masks hug the letters or are boxes."""
    random = np.random.default_rng(photo.seed)
    height, width = photo.rgb.shape[:2]
    plane = Image.new("L", (width, height))
    pen = ImageDraw.Draw(plane)
    boxes = np.zeros((height, width), np.uint8)
    for _ in range(int(random.integers(1, 4))):
        font = ImageFont.load_default(size=int(random.uniform(0.035, 0.09) * min(height, width)) + 8)
        line = str(random.choice(LINES))
        left, top, right, bottom = pen.textbbox((0, 0), line, font=font)
        x = int(random.uniform(4, max(5, width - right - 4)))
        y = int(random.uniform(4, max(5, height - bottom - 4)))
        pen.text((x, y), line, fill=255, font=font)
        boxes[max(0, y + top - 4) : y + bottom + 4, max(0, x + left - 4) : x + right + 4] = 255
    ink = INKS[int(random.integers(len(INKS)))]
    cover = np.asarray(plane, np.float32)[..., None] / 255 * random.uniform(0.7, 1.0)
    before = np.rint(photo.rgb * (1 - cover) + np.array(ink, np.float32) * cover).astype(np.uint8)
    letters = cv2.dilate((np.asarray(plane) > 8).astype(np.uint8) * 255, np.ones((7, 7), np.uint8))
    hard = np.asarray(letters, np.uint8) if photo.seed % 2 else boxes
    return Overlaid(jpeg(photo.rgb, quality), jpeg(before, quality), feather(hard))


def feather(hard: Mask, width: int = 3) -> Mask:
    """The same area with a soft rim of ``width`` pixels outside it."""
    outside = cv2.distanceTransform(255 - hard, cv2.DIST_L2, 5)
    return np.clip(255 * (1 - outside / (width + 1)), 0, 255).astype(np.uint8)


def jpeg(rgb: Rgb, quality: int) -> Rgb:
    _, packed = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB), np.uint8)


def composite(before: Rgb, fill: Rgb, mask: Mask) -> Rgb:
    """``fill`` where the mask is 255, ``before`` where it is 0, blended between."""
    share = mask.astype(np.float32)[..., None] / 255
    return np.rint(before * (1 - share) + fill * share).astype(np.uint8)
