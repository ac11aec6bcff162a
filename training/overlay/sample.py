"""One training sample: a photo at the scale the network sees, and its labels."""

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from line.picture import Rgb
from training.overlay.drawing.blend import Labelled, lay_over, resized
from training.overlay.drawing.canvas import Canvas
from training.overlay.drawing.graphics import GRAPHICS
from training.overlay.drawing.imprint import imprint
from training.overlay.drawing.lettering import LETTERING
from training.overlay.drawing.sprites import Sprites
from training.overlay.photos import Source, box_plane

Random = np.random.Generator
WORKING_SIDE = 640
"""Long side of what the network sees (pixels)."""
KINDS = LETTERING | GRAPHICS
SHRUNK_SHARE = 0.5
"""Share of photos made smaller before anything is drawn: sharpness must not betray overlays."""
PRINT_SHARE, OVERLAY_SHARE = 0.45, 0.66
SUBSAMPLED_SHARE = 0.75
"""Share of the JPEGs with colours at half the scale (4:2:0), as most programs write them: sharp colours must not be
what betrays an overlay."""
SPRITE_SHARE = 0.42
"""Share of the overlays that are sprites of a browser, where there are any."""
TRIES = 6


def sample(
    source: Source, rng: Random, overlay_share: float = OVERLAY_SHARE, sprites: Sprites | None = None
) -> Labelled:
    """A photo with or without print and overlays, at the network's scale."""
    rgb = source.rgb()
    photo = Labelled.of(rgb, box_plane(source.boxes, rgb.shape))
    photo = _cut(photo, rng)
    photo = _sized(photo, source.large, rng)
    words: tuple[str, ...] = ()
    if rng.random() < PRINT_SHARE:
        words = imprint(photo, rng, sprites)
    if rng.random() < SHRUNK_SHARE and max(photo.rgb.shape[:2]) > 320:
        photo = resized(photo, float(rng.uniform(0.45, 0.9)))
        photo.rgb = sharpened(photo.rgb, rng)
    photo.rgb = saved(photo.rgb, rng, 0.5)
    if rng.random() < overlay_share:
        for _ in range(1 + int(rng.random() < 0.45) + int(rng.random() < 0.2)):
            draw(photo, rng, words, sprites=sprites)
    return delivered(photo, rng)


def draw(
    photo: Labelled,
    rng: Random,
    words: tuple[str, ...] = (),
    kind: str = "",
    sprites: Sprites | None = None,
) -> None:
    """Lay one overlay of ``kind``, or of a random kind or a sprite, over ``photo``, in place."""
    names = list(KINDS)
    weights = np.array([KINDS[name][1] for name in names])
    for _ in range(TRIES):
        name = kind or names[rng.choice(len(names), p=weights / weights.sum())]
        canvas = Canvas(photo.rgb.shape[1], photo.rgb.shape[0], rng, words)
        if sprites is None or kind or not canvas.chance(SPRITE_SHARE) or not sprites.lay(canvas):
            KINDS[name][0](canvas)
        if lay_over(photo, canvas):
            return


def _cut(photo: Labelled, rng: Random) -> Labelled:
    high, wide = photo.rgb.shape[:2]
    window = np.s_[0:high, 0:wide]
    if rng.random() < 0.4:
        h, w = int(high * rng.uniform(0.6, 1)), int(wide * rng.uniform(0.6, 1))
        top, left = int(rng.integers(0, high - h + 1)), int(rng.integers(0, wide - w + 1))
        window = np.s_[top : top + h, left : left + w]
    flip = -1 if rng.random() < 0.5 and not photo.unsure.any() else 1  # mirrored print would betray itself
    planes: list[NDArray[Any]] = [photo.rgb, *photo.planes()]
    return Labelled(*(np.ascontiguousarray(plane[window][:, ::flip]) for plane in planes))


def _sized(photo: Labelled, large: bool, rng: Random) -> Labelled:
    """Large photos at 700 to 1,400 pixels most of the time, or small; others as they are."""
    if not large:
        return photo
    side = float(rng.uniform(700, 1400) if rng.random() < 0.75 else rng.uniform(320, 700))
    return resized(photo, min(1.0, side / max(photo.rgb.shape[:2])))


def sharpened(rgb: Rgb, rng: Random) -> Rgb:
    """Some of the photos after an unsharp mask."""
    if rng.random() > 0.3:
        return rgb
    amount = float(rng.uniform(0.3, 1.2))
    return np.asarray(
        cv2.addWeighted(rgb, 1 + amount, cv2.GaussianBlur(rgb, (0, 0), 1), -amount, 0), np.uint8
    )


def saved(rgb: Rgb, rng: Random, share: float) -> Rgb:
    """A ``share`` of the photos after one save as JPEG."""
    if rng.random() > share:
        return rgb
    buffer = io.BytesIO()
    quality, sampling = int(rng.integers(60, 97)), 2 if rng.random() < SUBSAMPLED_SHARE else 0
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return np.asarray(Image.open(buffer).convert("RGB"))


def delivered(photo: Labelled, rng: Random) -> Labelled:
    """As the upload brings it: scaled, sharpened, saved again; then at the network's scale."""
    side = max(photo.rgb.shape[:2])
    if rng.random() < 0.35 and side > 300:
        scale = float(rng.uniform(0.5, 1.0) if rng.random() < 0.8 else rng.uniform(1.0, 1.4))
        photo = resized(photo, scale, int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
        photo.rgb = sharpened(photo.rgb, rng)
    photo.rgb = saved(photo.rgb, rng, 0.85)
    working = WORKING_SIDE * (1.0 if rng.random() < 0.6 else float(rng.uniform(0.6, 1.5)))
    scale = working / max(photo.rgb.shape[:2])
    return resized(photo, scale) if scale < 1 else photo
