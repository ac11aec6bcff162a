"""Print as it looks on the product: the same words and fonts as overlays, but through the camera.

Warped onto the product, shaded by its light, rippled with it, blurred and grained as the photo is.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from training.overlay.drawing.blend import Labelled, Plane
from training.overlay.drawing.canvas import Canvas
from training.overlay.drawing.graphics import GRAPHICS
from training.overlay.drawing.lettering import LETTERING
from training.overlay.drawing.sprites import Sprites

BACKDROP_TOLERANCE = 12
"""Levels between neighbours within which a backdrop goes on from the photo's corners."""
MAX_WORKING_SIDE = 192
"""Long side at which the backdrop is looked for (pixels)."""
SPRITE_SHARE = 0.3
"""Share of the prints that are sprites of a browser, where there are any: such letters are not always overlays."""
DRAWINGS = LETTERING | GRAPHICS
PRINTS: dict[str, float] = {
    "lines": 3.0, "caption": 2.0, "title": 1.0, "price": 0.6, "banner": 2.0, "strip": 0.6, "badge": 1.0, "logo": 2.0,
    "code": 0.6, "emblems": 0.3, "stamp": 0.6, "sticker": 0.5,
}  # fmt: skip
"""What is printed, with the drawings that overlays are made with, and how often each."""


def imprint(photo: Labelled, rng: np.random.Generator, sprites: Sprites | None = None) -> tuple[str, ...]:
    """Print something on what ``photo`` shows, in place; the strings that may stand there."""
    high, wide = photo.rgb.shape[:2]
    canvas = Canvas(wide, high, rng)
    names = list(PRINTS)
    weights = np.array(list(PRINTS.values()))
    words = tuple(canvas.line() for _ in range(3))
    canvas.words = words
    for _ in range(int(rng.integers(1, 4))):
        if sprites is not None and canvas.chance(SPRITE_SHARE) and sprites.lay(canvas):
            continue
        DRAWINGS[names[rng.choice(len(names), p=weights / weights.sum())]][0](canvas)
    canvas.panel.alpha_composite(canvas.ink)
    page = np.asarray(canvas.panel)
    if not page[..., 3].any():
        return words
    product = off_backdrop(photo.rgb)
    move = _best_move(photo.rgb, page[..., 3], product, rng)
    _print(photo, page, move, product, rng)
    return words


def off_backdrop(rgb: Rgb) -> Plane:
    """[H, W] float32, 1 on what stands before a plain backdrop; 1 everywhere where there is no plain backdrop."""
    scale = min(1.0, MAX_WORKING_SIDE / max(rgb.shape[:2]))
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    high, wide = small.shape[:2]
    mask = np.zeros((high + 2, wide + 2), np.uint8)
    tolerance = (BACKDROP_TOLERANCE,) * 3
    for corner in ((0, 0), (wide - 1, 0), (0, high - 1), (wide - 1, high - 1)):
        if not mask[corner[1] + 1, corner[0] + 1]:
            cv2.floodFill(
                small.copy(),
                mask,
                corner,
                (0, 0, 0),
                tolerance,
                tolerance,
                cv2.FLOODFILL_MASK_ONLY | (255 << 8),
            )
    thing = (mask[1:-1, 1:-1] == 0).astype(np.float32)
    if not 0.05 < thing.mean() < 0.9:
        thing[:] = 1
    thing = cv2.erode(thing, np.ones((5, 5), np.uint8))
    return np.asarray(
        cv2.resize(thing, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _best_move(
    rgb: Rgb, cover: NDArray[np.uint8], product: Plane, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Of a few homographies the one under which the page lies on the product, on calm ground."""
    high, wide = rgb.shape[:2]
    small = cv2.resize(rgb, (wide // 4, high // 4), interpolation=cv2.INTER_AREA).mean(axis=-1)
    ground = cv2.resize(product, (wide // 4, high // 4), interpolation=cv2.INTER_AREA)
    shrink = np.diag([0.25, 0.25, 1.0])
    page = cv2.resize(cover, (wide // 4, high // 4), interpolation=cv2.INTER_AREA)
    best, best_score = np.eye(3), -np.inf
    for _ in range(5):
        move = _move(cover, _spot(product, rng), rng)
        there = (
            cv2.warpPerspective(page, shrink @ move @ np.linalg.inv(shrink), (wide // 4, high // 4)) * ground
            > 60
        )
        if there.sum() < 20:
            continue
        low, upper = np.percentile(small[there], (10, 90))
        score = float(np.log(there.sum()) - (upper - low) / 60 + rng.normal(0, 0.3))
        if score > best_score:
            best, best_score = move, score
    return best


def _spot(product: Plane, rng: np.random.Generator) -> tuple[float, float]:
    rows, columns = np.nonzero(product[::4, ::4] > 0.5)
    if not len(rows):
        return product.shape[1] / 2, product.shape[0] / 2
    one = int(rng.integers(len(rows)))
    return float(columns[one] * 4), float(rows[one] * 4)


def _move(
    cover: NDArray[np.uint8], middle: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """[3, 3] homography that turns a page, tilts it and moves it to ``middle``; packshots are square to the label."""
    x, y, wide, high = cv2.boundingRect(cover)
    box = np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]], np.float32)
    square = rng.random() < 0.3
    angle = (
        float(rng.normal(0, 0.7))
        if square
        else float(rng.normal(0, 5))
        if rng.random() < 0.6
        else float(rng.uniform(-60, 60))
    )
    tilt = 0.005 if square else float(rng.uniform(0.01, 0.08))
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = (box - box.mean(axis=0)) * rng.uniform(0.45, 1.0)
    corners = corners @ rotation.T + rng.normal(0, tilt, (4, 2)) * max(wide, high) + np.array(middle)
    return np.asarray(cv2.getPerspectiveTransform(box, corners.astype(np.float32)))


def _print(
    photo: Labelled,
    page: NDArray[np.uint8],
    move: NDArray[np.float64],
    product: Plane,
    rng: np.random.Generator,
) -> None:
    """Put the page's ink onto the photo under ``move``: light, ripple, blur and grain are the photo's."""
    high, wide = photo.rgb.shape[:2]
    alpha = page[..., 3:].astype(np.float32) / 255
    flat = np.dstack([page[..., :3] * alpha, alpha]).astype(np.float32)
    warped = np.asarray(cv2.warpPerspective(flat, move, (wide, high), flags=cv2.INTER_LINEAR), np.float32)
    x, y, w, h = cv2.boundingRect((warped[..., 3] > 0.02).astype(np.uint8))
    if w < 4 or h < 4:
        return
    pad = 12
    window = np.s_[max(0, y - pad) : y + h + pad, max(0, x - pad) : x + w + pad]
    ground = photo.rgb[window].astype(np.float32)
    layer = _rippled(warped[window], rng)
    blur = float(rng.uniform(0.35, 0.5 + max(high, wide) / 700))
    layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), blur), np.float32)
    layer *= product[window][..., None]
    light = cv2.GaussianBlur(ground.mean(axis=-1), (0, 0), max(2.0, max(high, wide) / 70))
    usual = max(20.0, float(np.percentile(light, 80)))
    shade = np.clip(light / usual, 0.3, 1.25)[..., None]
    grain = ground - cv2.GaussianBlur(ground, (0, 0), 1.5)
    cover = np.clip(layer[..., 3:], 0, 1)
    ink = layer[..., :3] / np.maximum(cover, 1e-3) * rng.uniform(0.72, 1.0) + rng.uniform(0, 28)
    strength = float(rng.uniform(0.7, 1.0))
    if rng.random() < 0.12:  # pressed into the thing: one side in light, the other in shade
        relief = cv2.Sobel(cover[..., 0], cv2.CV_32F, 1, 0) + cv2.Sobel(cover[..., 0], cv2.CV_32F, 0, 1)
        after = ground * (1 + float(rng.choice([-1, 1]) * rng.uniform(0.08, 0.3)) * relief[..., None])
    else:
        after = (
            ground * (1 - cover * strength) + (ink * shade + grain * rng.uniform(0.4, 1.1)) * cover * strength
        )
    after = np.clip(np.rint(after), 0, 255)
    changed = np.abs(after - ground).max(axis=-1) > 10
    photo.rgb = photo.rgb.copy()
    photo.rgb[window] = after.astype(np.uint8)
    photo.imprint[window] = np.maximum(photo.imprint[window], changed.astype(np.float32))


def _rippled(layer: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Print follows folds and curves: a smooth random shift of every place."""
    high, wide = layer.shape[:2]
    if rng.random() < 0.4:
        return layer
    cells = (int(rng.integers(3, 8)), int(rng.integers(3, 8)))
    reach = float(rng.uniform(0.3, 1.0)) * max(high, wide) / 60
    shifts = [
        cv2.resize(
            rng.normal(0, reach, cells).astype(np.float32), (wide, high), interpolation=cv2.INTER_CUBIC
        )
        for _ in range(2)
    ]
    columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    return np.asarray(cv2.remap(layer, columns + shifts[0], rows + shifts[1], cv2.INTER_LINEAR), np.float32)
