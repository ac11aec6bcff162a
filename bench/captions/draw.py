"""Thirteen kinds of overlay as shops, cameras and agencies draw them."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from bench.captions import graphics, letters
from bench.captions.fonts import SCRIPTS, Script
from bench.captions.layer import Layer, Random

VISIBLE = 8
"""Levels in any channel from which a pixel counts as changed."""
LEGIBLE = 0.7
"""Share of an overlay's pixels that must be visible, or it is drawn again."""
TRIES = 12
KINDS: dict[str, Callable[[Layer, Script, Random], None]] = {
    "caption": letters.caption,
    "outlined": letters.outlined,
    "shadowed": letters.shadowed,
    "banner": graphics.banner,
    "badge": graphics.badge,
    "stamp": graphics.stamp,
    "logo": graphics.logo,
    "slanted": letters.slanted,
    "watermark": letters.watermark,
    "repeated": letters.repeated,
    "price": letters.price,
    "lines": letters.lines,
    "title": letters.title,
}
"""How to draw each kind. The order is part of the seeds: a new kind goes to the end."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A photo with an overlay.

    Attributes:
        kind: one of ``KINDS``.
        script: the writing used.
        clean: [H, W, 3] uint8, the photo as it was (through the same JPEG when there was one).
        rgb: [H, W, 3] uint8, with the overlay.
        mask: [H, W] bool, pixels the overlay changed visibly before any compression.
    """

    kind: str
    script: str
    clean: np.ndarray
    rgb: np.ndarray
    mask: np.ndarray


def draw(rgb: np.ndarray, kind: str, rng: Random) -> Drawn:
    """One overlay of ``kind`` over ``rgb`` [H, W, 3] uint8; half of the results pass through JPEG.

    Nobody lays white letters over white ground: what can hardly be seen is drawn again elsewhere.
    """
    size = (rgb.shape[1], rgb.shape[0])
    for _ in range(TRIES):
        script = SCRIPTS[0] if rng.random() < 0.55 else SCRIPTS[rng.integers(len(SCRIPTS))]
        layer = Image.new("RGBA", size, (0, 0, 0, 0))
        KINDS[kind](layer, script, rng)
        mixed, mask, alpha = laid_over(rgb, layer)
        if mask.sum() > LEGIBLE * (alpha > 0.1).sum() > 0:
            break
    return saved(Drawn(kind, script.name, rgb, mixed, mask), rng)


def laid_over(rgb: np.ndarray, layer: Layer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``rgb`` under ``layer``, [H, W] bool of what changed visibly, and the layer's cover [H, W, 1] 0..1."""
    alpha = np.asarray(layer.getchannel("A"), np.float32)[..., None] / 255
    over = np.asarray(layer.convert("RGB"), np.float32)
    mixed = np.rint(rgb * (1 - alpha) + over * alpha).astype(np.uint8)
    return mixed, np.abs(mixed.astype(int) - rgb).max(axis=-1) > VISIBLE, alpha


def saved(drawn: Drawn, rng: Random) -> Drawn:
    """Half of them after one save as JPEG, with and without the overlay."""
    if rng.random() >= 0.5:
        return drawn
    quality, sampling = int(rng.integers(75, 97)), int(rng.choice([0, 2]))
    return replace(drawn, clean=jpeg(drawn.clean, quality, sampling), rgb=jpeg(drawn.rgb, quality, sampling))


def jpeg(rgb: np.ndarray, quality: int, sampling: int) -> np.ndarray:
    """``rgb`` after one save as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=sampling)
    return np.asarray(Image.open(buffer))
