"""Print as it looks on the product itself: what an overlay must be told from.

The same words and fonts as the overlays, so that neither gives the answer away; but in
perspective, lit like the ground, as blurred as the lens and as grainy as the photo, and
shrunk and sharpened with it when the shop did so.
"""

import cv2
import numpy as np

from bench.captions.draw import Drawn, Random, jpeg
from bench.captions.pages import page
from overlay.segment.scene import look


def imprint(rgb: np.ndarray, rng: Random) -> Drawn:
    """``rgb`` [H, W, 3] uint8 with print on what is not backdrop; smaller when the shop shrank it."""
    high, wide = rgb.shape[:2]
    kind, script, sheet = page((wide, high), rng)
    product = off_backdrop(rgb)
    bends = [bend(sheet[..., 3], spot(product, rng), rng) for _ in range(8)]
    covers = [cv2.warpPerspective(sheet[..., 3], one, (wide, high)) * product for one in bends]
    best = int(np.argmax([calm(rgb, cover) for cover in covers]))
    blur = float(rng.uniform(0.4, 0.5 + max(high, wide) / 900))
    cover = cv2.GaussianBlur(covers[best], (0, 0), blur)
    # colours are spread beyond the letters first, or the blur would mix the empty page's black in
    inks = cv2.warpPerspective(sheet[..., :3] * sheet[..., 3:], bends[best], (wide, high))
    weight = cv2.GaussianBlur(cv2.warpPerspective(sheet[..., 3], bends[best], (wide, high)), (0, 0), blur)
    inks = cv2.GaussianBlur(inks, (0, 0), blur) / np.maximum(weight, 1e-3)[..., None]
    photo = rgb.astype(np.float32)
    if kind == "slogan" and rng.random() < 0.2:
        mixed, script = emboss(photo, cover, rng), "embossed"
    else:
        mixed = printed(photo, cover, np.minimum(inks, 255), rng)
    clean, marked = rgb, np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    mask = np.abs(marked.astype(int) - rgb).max(axis=-1) > 8
    if rng.random() < 0.5 and min(high, wide) > 300:
        size = (round(wide * (scale := rng.uniform(0.45, 0.85))), round(high * scale))
        amount = float(rng.choice([0.0, 0.5, 1.0]))
        clean, marked = (sharpened(cv2.resize(one, size, interpolation=cv2.INTER_AREA), amount)
                         for one in (clean, marked))  # fmt: skip
        mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    quality = int(rng.integers(70, 97))
    return Drawn("print", script, jpeg(clean, quality, 0), jpeg(marked, quality, 0), mask)


def printed(photo: np.ndarray, cover: np.ndarray, inks: np.ndarray, rng: Random) -> np.ndarray:
    """Ink that takes light and grain from its ground."""
    light = cv2.GaussianBlur(photo.mean(axis=-1), (0, 0), max(photo.shape[:2]) / 60)
    under = light[cover > 0.3]
    usual = max(float(np.percentile(under, 80)), 20) if len(under) > 50 else 128.0
    shade = np.clip(light / usual, 0.3, 1.2)
    grain = photo - cv2.GaussianBlur(photo, (0, 0), 1.5)
    ink = inks * rng.uniform(0.75, 1.0) + rng.uniform(0, 25)
    over = ink * shade[..., None] + grain * rng.uniform(0.3, 1.0)
    alpha = (cover * rng.uniform(0.75, 1.0))[..., None]
    return photo * (1 - alpha) + over * alpha


def emboss(photo: np.ndarray, cover: np.ndarray, rng: Random) -> np.ndarray:
    """Letters pressed into the thing: one side in light, the other in shade, no ink."""
    relief = cv2.Sobel(cover, cv2.CV_32F, 1, 0) + cv2.Sobel(cover, cv2.CV_32F, 0, 1)
    return photo * (1 + float(rng.choice([-1, 1]) * rng.uniform(0.08, 0.25)) * relief[..., None])


def sharpened(rgb: np.ndarray, amount: float) -> np.ndarray:
    return cv2.addWeighted(rgb, 1 + amount, cv2.GaussianBlur(rgb, (0, 0), 1), -amount, 0)


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


def calm(rgb: np.ndarray, cover: np.ndarray) -> float:
    """How well a place suits print: much of it on the thing, few edges of the photo under it."""
    under = rgb[::2, ::2].mean(axis=-1)[cover[::2, ::2] > 0.3]
    if len(under) < 30:
        return -1e9
    low, high = np.percentile(under, (10, 90))
    return float(np.log(len(under)) - (high - low) / 40)


def bend(cover: np.ndarray, middle: tuple[float, float], rng: Random) -> np.ndarray:
    """[3, 3] homography that turns the page, tilts it away from the camera, and moves it around ``middle``."""
    rows, columns = np.nonzero(cover)
    box = np.array([[columns.min(), rows.min()], [columns.max(), rows.min()],
                    [columns.max(), rows.max()], [columns.min(), rows.max()]], np.float32)  # fmt: skip
    size = np.ptp(box, axis=0)
    angle = float(rng.normal(0, 4)) if rng.random() < 0.7 else float(rng.uniform(-45, 45))
    tilt = 0.03
    if rng.random() < 0.25:  # packshots are taken square to the label, and straightened
        angle, tilt = float(rng.normal(0, 0.5)), 0.004
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = (box - box.mean(axis=0)) * rng.uniform(0.5, 1.0)
    corners = corners @ rotation.T + rng.normal(0, tilt, (4, 2)) * size + np.array(middle)
    return cv2.getPerspectiveTransform(box, corners.astype(np.float32))
