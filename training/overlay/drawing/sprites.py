"""Overlays drawn beforehand by a browser (``training.overlay.web``), laid onto a canvas."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.overlay.drawing.canvas import Canvas

WHOLE = ("grid", "crossed", "frame")
"""Kinds that cover the whole photo."""
SHARES: dict[str, tuple[float, float]] = {
    "caption": (0.2, 0.95), "smallline": (0.1, 0.45), "lines": (0.2, 0.8), "highlighted": (0.15, 0.7),
    "price": (0.12, 0.6), "camera": (0.12, 0.45), "phone": (0.15, 0.4), "contact": (0.15, 0.6), "agency": (0.12, 0.8),
    "seal": (0.08, 0.5), "icons": (0.04, 0.5), "logo": (0.05, 0.45), "ring": (0.06, 0.6), "code": (0.07, 0.3),
    "arrow": (0.1, 0.6), "emoji": (0.05, 0.4), "badge": (0.08, 0.3), "starburst": (0.08, 0.3), "ribbon": (0.1, 0.45),
    "box": (0.15, 0.6), "bar": (1.0, 1.0), "swatches": (0.15, 0.6), "bubble": (0.12, 0.5),
}  # fmt: skip
"""Shares of the photo's long side that a sprite's long side takes."""
UNSCALED_SHARE = 0.3
"""Share of the sprites laid over pixel by pixel where they fit, as the browser drew them."""
MIN_SIDE = 9
"""Smallest short side of a scaled sprite (pixels)."""
MAX_ENLARGED = 1.5
"""Largest scale of a sprite that does not cover the photo."""
Rgba = NDArray[np.uint8]


@dataclass
class Sprites:
    """The sprites of a folder; new ones are not noticed."""

    folder: Path

    @cached_property
    def files(self) -> list[Path]:
        """All sprites, sorted by name."""
        return sorted(file for file in self.folder.glob("*.png") if not file.name.endswith(".part.png"))

    def lay(self, canvas: Canvas) -> bool:
        """Lay a random sprite onto ``canvas``; False where there is none that fits."""
        if not self.files:
            return False
        file = self.files[int(canvas.rng.integers(len(self.files)))]
        stacked = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        if stacked is None:
            return False
        rgba = np.asarray(cv2.cvtColor(stacked, cv2.COLOR_BGRA2RGBA), np.uint8)
        half = rgba.shape[0] // 2
        ink, panel = rgba[:half], rgba[half:]
        kind = file.name.split("-")[0]
        size, at = _placed(canvas, kind, (ink.shape[1], ink.shape[0]))
        for layer, picture in ((canvas.ink, ink), (canvas.panel, panel)):
            if picture[..., 3].any():
                _stamp(layer, Image.fromarray(scaled(picture, size)), at)
        return True


def _placed(canvas: Canvas, kind: str, size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height of a sprite on the photo, and its left and top."""
    wide, high = size
    if kind in WHOLE:
        return (canvas.width, canvas.height), (0, 0)
    if kind == "bar":
        tall = round(high * canvas.width / wide)
        top = [0, canvas.height - tall, int(canvas.uniform(0, max(1, canvas.height - tall)))][
            canvas.rng.integers(3)
        ]
        return (canvas.width, tall), (0, top)
    low, most = SHARES[kind]
    share = float(np.exp(canvas.uniform(np.log(low), np.log(most))))
    scale = min(MAX_ENLARGED, share * canvas.long_side / max(size))
    if canvas.chance(UNSCALED_SHARE) and wide < canvas.width and high < canvas.height:
        scale = 1.0
    scale = max(min(scale, canvas.width / wide, canvas.height / high), MIN_SIDE / min(size))
    placed = (max(1, round(wide * scale)), max(1, round(high * scale)))
    return placed, canvas.place(*placed, at_edge=0.55)


def scaled(picture: Rgba, size: tuple[int, int]) -> Rgba:
    """A picture [h, w, 4] with straight alpha at another size; colours of clear pixels do not bleed into others."""
    if size == (picture.shape[1], picture.shape[0]):
        return picture
    shrinks = size[0] * size[1] < picture.shape[0] * picture.shape[1]
    alpha = picture[..., 3:].astype(np.float32) / 255
    weighted = np.concatenate([picture[..., :3] * alpha, alpha], axis=-1)
    small = cv2.resize(weighted, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    colours = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.rint(np.dstack([colours, 255 * small[..., 3]])).clip(0, 255).astype(np.uint8)


def _stamp(layer: Image.Image, tile: Image.Image, at: tuple[int, int]) -> None:
    """Put ``tile`` onto ``layer``, cut at its edges."""
    right, bottom = min(tile.width, layer.width - at[0]), min(tile.height, layer.height - at[1])
    if right > 0 and bottom > 0:
        layer.alpha_composite(tile.crop((0, 0, right, bottom)), (max(0, at[0]), max(0, at[1])))
