"""Letters as they look on the product itself: what an overlay must be told from.

The same words and fonts as the overlays, so that neither gives the answer away; but in
perspective, lit like the ground, as blurred as the lens and as grainy as the photo.
"""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.captions.draw import Drawn, Random, colour, jpeg, letters, pick
from bench.captions.fonts import SCRIPTS
from tasks.overlay.scene import look


def imprint(rgb: np.ndarray, rng: Random) -> Drawn:
    """``rgb`` [H, W, 3] uint8 with one to four lines of print on what is not backdrop."""
    high, wide = rgb.shape[:2]
    script = SCRIPTS[0] if rng.random() < 0.6 else SCRIPTS[rng.integers(len(SCRIPTS))]
    page = Image.new("L", (wide, high))
    first = pick(script, rng)
    face = letters(page, first, script, rng, float(rng.uniform(0.02, 0.1)))
    pen = ImageDraw.Draw(page)
    texts = [first, *(pick(script, rng) for _ in range(int(rng.integers(0, 4))))]
    for number, text in enumerate(texts):
        pen.text((wide * 0.03, high * 0.05 + number * 1.4 * face.size), text, font=face, fill=255)
    letters_on = np.asarray(page, np.float32) / 255
    product = off_backdrop(rgb)
    tries = [placed(letters_on, spot(product, rng), rng) * product for _ in range(8)]
    alpha = max(tries, key=lambda one: calm(rgb, one))
    alpha = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.5, 0.5 + max(high, wide) / 900)))
    photo = rgb.astype(np.float32)
    light = cv2.GaussianBlur(photo.mean(axis=-1), (0, 0), max(high, wide) / 60)
    under = light[alpha > 0.3]
    usual = max(float(np.percentile(under, 80)), 20) if len(under) > 50 else 128.0
    shade = np.clip(light / usual, 0.3, 1.2)
    grain = photo - cv2.GaussianBlur(photo, (0, 0), 1.5)
    ink = np.array(colour(rng), np.float32) * rng.uniform(0.75, 1.0) + rng.uniform(0, 25)
    over = ink * shade[..., None] + grain * rng.uniform(0.3, 1.0)
    cover = (alpha * rng.uniform(0.75, 1.0))[..., None]
    mixed = np.clip(np.rint(photo * (1 - cover) + over * cover), 0, 255).astype(np.uint8)
    quality = int(rng.integers(75, 97))
    mask = np.abs(mixed.astype(int) - rgb).max(axis=-1) > 8
    return Drawn("print", script.name, jpeg(rgb, quality, 0), jpeg(mixed, quality, 0), mask)


def off_backdrop(rgb: np.ndarray) -> np.ndarray:
    """[H, W] float32, 1 where a thing may be that bears print: print ends where the thing ends."""
    scene = look(rgb)
    thing = cv2.erode((scene.backdrop < 0.5).astype(np.float32), np.ones((5, 5), np.uint8))
    return cv2.resize(thing, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)


def spot(product: np.ndarray, rng: Random) -> tuple[float, float]:
    """A place on the product, x and y in pixels."""
    rows, columns = np.nonzero(product[::4, ::4] > 0.5)
    if not len(rows):
        return product.shape[1] / 2, product.shape[0] / 2
    one = int(rng.integers(len(rows)))
    return float(columns[one] * 4), float(rows[one] * 4)


def calm(rgb: np.ndarray, alpha: np.ndarray) -> float:
    """How well a place suits print: many letters on it, few edges of the photo under them."""
    under = rgb[::2, ::2].mean(axis=-1)[alpha[::2, ::2] > 0.3]
    if len(under) < 30:
        return -1e9
    low, high = np.percentile(under, (10, 90))
    return float(np.log(len(under)) - (high - low) / 40)


def placed(page: np.ndarray, middle: tuple[float, float], rng: Random) -> np.ndarray:
    """The page's letters turned, tilted away from the camera, and moved around ``middle``."""
    rows, columns = np.nonzero(page)
    box = np.array([[columns.min(), rows.min()], [columns.max(), rows.min()],
                    [columns.max(), rows.max()], [columns.min(), rows.max()]], np.float32)  # fmt: skip
    size = np.ptp(box, axis=0)
    angle = float(rng.normal(0, 4)) if rng.random() < 0.7 else float(rng.uniform(-45, 45))
    angle = 0.0 if rng.random() < 0.15 else angle
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = (box - box.mean(axis=0)) * rng.uniform(0.6, 1.0)
    corners = corners @ rotation.T + rng.normal(0, 0.03, (4, 2)) * size + np.array(middle)
    bend = cv2.getPerspectiveTransform(box, corners.astype(np.float32))
    return cv2.warpPerspective(page, bend, (page.shape[1], page.shape[0]), flags=cv2.INTER_LINEAR)
