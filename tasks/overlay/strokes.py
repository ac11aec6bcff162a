"""Which pixels of a text box are letters, and what the ground under them looks like."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb

Window = tuple[slice, slice]
WORK_HEIGHT = 56
"""Boxes of higher letters are looked at smaller: a stroke then spans some ten pixels, enough for a mask."""
FAINTEST = 9.0
"""A stroke differs from its ground by at least this many levels (Euclidean over RGB)."""
BUSY = 45.0
"""Range of luma around a box, in levels, from which letters are told by their colour."""
BIN = 16
"""Levels in a bin when colours are counted."""
ALIKE = 42.0
"""Levels (Euclidean over RGB) within which pixels count as one ink."""


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
    """

    window: Window
    scale: float
    rgb: Rgb
    box: NDArray[np.bool_]
    glyphs: NDArray[np.bool_]
    ground: Rgb
    contrast: float

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
    busy = _is_busy(part, box)
    # wide enough that even bold letters are the lesser part of a median's window
    reach = min(max(3, int((0.62 if busy else 1.1) * height * scale)) | 1, 255)
    ground = np.asarray(cv2.medianBlur(np.ascontiguousarray(part), reach), np.uint8)
    glyphs, contrast = _letters(part, ground, box, busy)
    return Strokes(window, scale, part, box, glyphs, ground, contrast)


def _letters(rgb: Rgb, ground: Rgb, box: NDArray[np.bool_], busy: bool) -> tuple[NDArray[np.bool_], float]:
    if not box.any():
        return box, 0.0
    distance = np.sqrt(((rgb.astype(np.float32) - ground) ** 2).sum(axis=-1))
    strong = _by_ink(rgb, box) if busy else None
    if strong is None:
        values = np.minimum(distance[box], 255).astype(np.uint8)
        split, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        strong = (distance > max(split, FAINTEST)) & box
    contrast = float(np.median(distance[strong])) if strong.any() else 0.0
    # soft rims, thin contours and shadows hang on to the letters: weaker, but connected to them
    weak = (distance > max(0.25 * contrast, FAINTEST)) & box
    near = cv2.dilate(strong.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=3) > 0
    return strong | (weak & near), contrast


def _is_busy(rgb: Rgb, box: NDArray[np.bool_]) -> bool:
    """Whether the ground around the box has edges that could be taken for letters."""
    around = rgb[~box]
    if len(around) < 50:
        return False
    low, high = np.percentile(around.mean(axis=1), (5, 95))
    return bool(high - low > BUSY)


def _by_ink(rgb: Rgb, box: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Pixels of the colours that are frequent in the box, rare around it, and drawn in thin strokes."""
    bins = (rgb // BIN).astype(np.int32)
    codes = (bins[..., 0] * 16 + bins[..., 1]) * 16 + bins[..., 2]
    inside = np.bincount(codes[box], minlength=4096) / box.sum()
    outside = np.bincount(codes[~box], minlength=4096) / max((~box).sum(), 1)
    excess = inside - outside
    rows = np.nonzero(box.any(axis=1))[0]
    thin = max(3, int(0.3 * len(rows))) | 1
    found = np.zeros_like(box)
    for code in np.argsort(excess)[::-1][:6]:
        if excess[code] < 0.02:
            break
        tone = rgb[box & (codes == code)].mean(axis=0)
        alike = np.sqrt(((rgb.astype(np.float32) - tone) ** 2).sum(axis=-1)) < ALIKE
        share_in, share_out = alike[box].mean(), alike[~box].mean()
        if share_in < 0.05 or share_in > 0.6 or share_out > 0.4 * share_in:
            continue
        letters = (alike & box).astype(np.uint8)
        thick = cv2.morphologyEx(letters, cv2.MORPH_OPEN, np.ones((thin, thin), np.uint8))
        if thick.sum() < 0.3 * letters.sum():
            found |= letters > 0
    return found if found.any() else None
