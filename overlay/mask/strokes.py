"""Which pixels of a text box are letters, and what the ground under them looks like."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from overlay.mask.ink import FAINTEST, find_ink

Window = tuple[slice, slice]
WORK_HEIGHT = 56
"""Boxes of higher letters are looked at smaller: a stroke then spans some ten pixels, enough for a mask."""
FAR = 0.02
"""Weight of what is farther away, beside what is near: it counts where nothing near is free."""
TEXTURE = 2.0
"""Times the ground's own changes from which something hangs on to letters."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """Letters in one box.

    Attributes:
        window: rows and columns of the picture that the arrays below belong to.
        scale: working pixels per picture pixel, at most 1.
        rgb: [h, w, 3] uint8, the window at working scale.
        box: [h, w] bool, inside the text's quad.
        glyphs: [h, w] bool, letters with contour and shadow.
        ground: [h, w, 3] uint8, the window with letters smoothed away.
        contrast: median distance of the letters from their ground, levels over RGB.
        likeness: how much like ink they look by their outline, 0..1.
    """

    window: Window
    scale: float
    rgb: Rgb
    box: NDArray[np.bool_]
    glyphs: NDArray[np.bool_]
    ground: Rgb
    contrast: float
    likeness: float = 0.0

    def ink(self) -> NDArray[np.float32] | None:
        """Median colour of the letters, RGB in levels; None where there are none."""
        if not self.glyphs.any():
            return None
        return np.asarray(np.median(self.rgb[self.glyphs], axis=0), np.float32)

    def full_mask(self) -> Mask:
        """The letters at the picture's scale, [H', W'] uint8 of the window, 0 or 255."""
        rows, columns = self.window
        size = (columns.stop - columns.start, rows.stop - rows.start)
        glyphs = self.glyphs.astype(np.uint8) * 255
        if self.scale == 1:
            return glyphs
        large = cv2.resize(glyphs, size, interpolation=cv2.INTER_LINEAR)
        return np.where(large > 80, 255, 0).astype(np.uint8)


def sides(quad: NDArray[np.float32]) -> tuple[float, float]:
    """Length along the text and height across it, pixels, of a quad [4, 2]."""
    along = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    across = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    return max(float(along), float(across)), min(float(along), float(across))


def find_strokes(rgb: Rgb, quad: NDArray[np.float32]) -> Strokes:
    """Letters inside ``quad`` ([4, 2] float32 corners in pixels) of ``rgb``."""
    high, wide = rgb.shape[:2]
    _, height = sides(quad)
    pad = int(0.5 * height) + 4
    left, top = np.maximum(np.floor(quad.min(axis=0)).astype(int) - pad, 0)
    right, bottom = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + pad, (wide, high))
    window = (slice(int(top), int(bottom)), slice(int(left), int(right)))
    scale = min(1.0, WORK_HEIGHT / max(height, 1.0))
    part: Rgb = rgb[window]
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = cast(Rgb, cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    inside = np.zeros(part.shape[:2], np.uint8)
    corners = np.rint((quad - (left, top)) * scale).astype(np.int32)
    cv2.fillConvexPoly(inside, corners, 1)
    # the detector's boxes cut tails and contours short
    box = cv2.dilate(inside, np.ones((5, 5), np.uint8)) > 0
    # wide enough that even bold letters are the lesser part of a median's window
    reach = min(max(3, int(1.1 * height * scale)) | 1, 255)
    smooth = np.asarray(cv2.medianBlur(np.ascontiguousarray(part), reach), np.uint8)
    if not box.any():
        return Strokes(window, scale, part, box, box, smooth, 0.0)
    ink, likeness = find_ink(part, smooth, box, (quad - (left, top)) * scale, height * scale)
    if not ink.any():
        return Strokes(window, scale, part, box, ink, smooth, 0.0)
    glyphs, ground, contrast = _with_rims(part, ink, box, height * scale)
    return Strokes(window, scale, part, box, glyphs, ground, contrast, likeness)


def _with_rims(
    rgb: Rgb, ink: NDArray[np.bool_], box: NDArray[np.bool_], tall: float
) -> tuple[NDArray[np.bool_], Rgb, float]:
    """The ink with its soft rims and shadows, the ground filled from around it, and the ink's contrast."""
    near = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ground = filled_around(rgb, ~near, max(2.0, 0.12 * tall))
    away = rgb.astype(np.float32) - ground
    distance = np.sqrt(np.einsum("hwc,hwc->hw", away, away))
    contrast = float(np.median(distance[ink]))
    # soft rims, thin contours and shadows hang on to the letters: weaker, but connected, and no texture
    rest = distance[box & ~near]
    texture = TEXTURE * float(np.percentile(rest, 75)) if rest.size else 0.0
    weak = (distance > max(0.25 * contrast, FAINTEST, min(texture, 0.6 * contrast))) & box
    near = cv2.dilate(near.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2) > 0
    return ink | (weak & near), np.clip(np.rint(ground), 0, 255).astype(np.uint8), contrast


def filled_around(rgb: Rgb, free: NDArray[np.bool_], reach: float) -> NDArray[np.float32]:
    """``rgb`` with all but ``free`` filled from around by normalised convolution, from farther where nothing is near.

    Knutsson and Westin, CVPR 1993. [h, w, 3] float32; ``reach`` is the nearer standard deviation, pixels.
    """
    known = free.astype(np.float32)
    shown = rgb.astype(np.float32) * known[..., None]
    near = cv2.GaussianBlur(np.dstack([shown, known]), (0, 0), reach)
    # so wide a blur is as good at a quarter of the size
    high, wide = known.shape
    small = cv2.resize(
        np.dstack([shown, known]), (-(-wide // 4), -(-high // 4)), interpolation=cv2.INTER_AREA
    )
    far = cv2.resize(cv2.GaussianBlur(small, (0, 0), reach), (wide, high), interpolation=cv2.INTER_LINEAR)
    both = near + FAR * far
    return np.asarray(both[..., :3] / (both[..., 3:] + 1e-4), np.float32)
