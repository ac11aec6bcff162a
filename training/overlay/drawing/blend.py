"""Lays drawn layers over a photo, as photo programs blend them, and tells what each changed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from line.picture import Rgb
from training.overlay.drawing.canvas import Canvas

VISIBLE = 6
"""Levels in any channel from which a pixel counts as changed."""
Plane = NDArray[np.float32]
"""[H, W] float32 0..1."""


@dataclass(eq=False)
class Labelled:
    """A photo and what was laid over it or printed on what it shows.

    Attributes:
        rgb: [H, W, 3] uint8 sRGB.
        ink, panel, imprint: [H, W] float32 0..1, share of each pixel that letters and signs, panels, or print cover.
        opacity: [H, W] float32 0..1, of what was laid over.
        unsure: [H, W] float32 0..1, where print may be: the text detector saw text on the clean photo.
        claimed: [H, W] float32 0..1, where letters of a real overlay stand, box by box.
        ignored: [H, W] float32 0..1, where nothing is known of overlays.
    """

    rgb: Rgb
    ink: Plane
    panel: Plane
    imprint: Plane
    opacity: Plane
    unsure: Plane
    claimed: Plane
    ignored: Plane

    @classmethod
    def of(cls, rgb: Rgb, unsure: Plane | None = None) -> "Labelled":
        """A photo without an overlay."""
        empty = [np.zeros(rgb.shape[:2], np.float32) for _ in range(7)]
        photo = cls(rgb, *empty)
        if unsure is not None:
            photo.unsure = unsure
        return photo

    def planes(self) -> tuple[Plane, ...]:
        """All labels, in the order of the fields."""
        return self.ink, self.panel, self.imprint, self.opacity, self.unsure, self.claimed, self.ignored


def lay_over(photo: Labelled, canvas: Canvas) -> bool:
    """Blend a canvas into ``photo`` in place; False, and nothing done, where hardly anything of it would be visible."""
    way = _way(canvas)
    panel_box, ink_box = canvas.panel.getbbox(), canvas.ink.getbbox()
    boxes = [box for box in (panel_box, ink_box) if box]
    if not boxes:
        return False
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    window = np.s_[top:bottom, left:right]
    strength = canvas.uniform(0.3, 0.95) if canvas.chance(0.2) else 1.0
    ground = photo.rgb[window].astype(np.float32)
    box = (left, top, right, bottom)
    middle, panel_alpha = _blend(ground, canvas.panel.crop(box), way if not ink_box else "normal", strength)
    after, ink_alpha = _blend(middle, canvas.ink.crop(box), way, strength)
    changed_panel = (np.abs(middle - ground).max(axis=-1) > VISIBLE).astype(np.float32)
    # letters count where they differ from what they lie on, panel or photo, and where the photo itself changed
    by_ink = np.maximum(np.abs(after - middle).max(axis=-1), 0) > VISIBLE
    changed_ink = (by_ink & (ink_alpha > 0.04)).astype(np.float32)
    drawn = max(1.0, float((np.maximum(panel_alpha, ink_alpha) > 0.08).sum()))
    if (changed_ink + changed_panel > 0).sum() < 0.6 * drawn:
        return False
    photo.rgb = photo.rgb.copy()
    photo.rgb[window] = np.clip(np.rint(after), 0, 255).astype(np.uint8)
    photo.ink[window] = np.maximum(photo.ink[window] * (1 - panel_alpha), changed_ink)
    photo.panel[window] = np.maximum(photo.panel[window], changed_panel)
    photo.imprint[window] *= 1 - np.maximum(panel_alpha, changed_ink)
    photo.unsure[window] *= 1 - np.maximum(changed_panel, changed_ink)
    photo.opacity[window] = np.maximum(
        photo.opacity[window], np.maximum(panel_alpha * changed_panel, ink_alpha * changed_ink)
    )
    return True


def _way(canvas: Canvas) -> str:
    draw = canvas.rng.random()
    return "normal" if draw < 0.86 else "multiply" if draw < 0.91 else "screen" if draw < 0.96 else "overlay"


def _blend(
    ground: NDArray[np.float32], layer: Image.Image, way: str, strength: float
) -> tuple[NDArray[np.float32], Plane]:
    """[h, w, 3] float32 in levels after a layer, and the layer's alpha."""
    drawn = np.asarray(layer, np.float32)
    alpha = drawn[..., 3] * (strength / 255)
    top, below = drawn[..., :3], ground
    if way == "multiply":
        top = np.asarray(below * top / 255, np.float32)
    elif way == "screen":
        top = np.asarray(255 - (255 - below) * (255 - top) / 255, np.float32)
    elif way == "overlay":
        light = 255 - 2 * (255 - below) * (255 - top) / 255
        top = np.asarray(np.where(below < 128, 2 * below * top / 255, light), np.float32)
    return below + (top - below) * alpha[..., None], alpha


def resized(photo: Labelled, scale: float, way: int = cv2.INTER_AREA) -> Labelled:
    """A photo and its labels at another scale."""
    size = (max(8, round(photo.rgb.shape[1] * scale)), max(8, round(photo.rgb.shape[0] * scale)))
    rgb = np.asarray(cv2.resize(photo.rgb, size, interpolation=way), np.uint8)
    soft = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    planes = [np.asarray(cv2.resize(plane, size, interpolation=soft), np.float32) for plane in photo.planes()]
    return Labelled(rgb, *planes)
