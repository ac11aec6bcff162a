"""What of a photo is looked at once for all its text: its backdrop, its sharpness."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

VIEW = 480
"""Long side in pixels at which the backdrop is looked for."""
STEADY = 4
"""Levels by which neighbouring pixels of a backdrop may differ."""
CLEAR_EDGE = 30.0
"""Range within 5 × 5 pixels, in levels, from which an edge is clear enough to judge its sharpness."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One photo.

    Attributes:
        view: [h, w, 3] uint8, the photo with a long side of ``VIEW``.
        scale: view pixels per photo pixel.
        backdrop: [h, w] float32 like the view, 1 where the smooth ground runs to the photo's border.
        backdrop_share: share of the photo that is backdrop.
        acuity: [H, W] float32, slope of an edge over its range: 1 = a step within one pixel; NaN off edges.
        sharpness: 90th percentile of the acuity.
    """

    view: Rgb
    scale: float
    backdrop: NDArray[np.float32]
    backdrop_share: float
    acuity: NDArray[np.float32]
    sharpness: float


def look(rgb: Rgb) -> Scene:
    """The scene of ``rgb`` [H, W, 3] uint8."""
    scale = min(1.0, VIEW / max(rgb.shape[:2]))
    size = (max(2, round(rgb.shape[1] * scale)), max(2, round(rgb.shape[0] * scale)))
    view = cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    backdrop = _backdrop(view)
    acuity = _acuity(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8))
    clear = acuity[np.isfinite(acuity)]
    sharpness = float(np.percentile(clear, 90)) if clear.size > 50 else 0.5
    return Scene(view, scale, backdrop, float(backdrop.mean()), acuity, sharpness)


def _backdrop(small: Rgb) -> NDArray[np.float32]:
    """Flood from many places of the border over what changes only slowly."""
    high, wide = small.shape[:2]
    smooth = np.ascontiguousarray(cv2.medianBlur(small, 5))
    flooded = np.zeros((high + 2, wide + 2), np.uint8)
    seeds = [(x, y) for x in range(0, wide, 12) for y in (0, high - 1)]
    seeds += [(x, y) for y in range(0, high, 12) for x in (0, wide - 1)]
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    for x, y in seeds:
        if not flooded[y + 1, x + 1]:
            cv2.floodFill(smooth, flooded, (x, y), 0, (STEADY,) * 3, (STEADY,) * 3, flags)
    return flooded[1:-1, 1:-1].astype(np.float32)


def _acuity(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    kernel = np.ones((5, 5), np.uint8)
    span = cv2.dilate(gray, kernel).astype(np.float32) - cv2.erode(gray, kernel)
    across = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=1)
    slope = np.sqrt(across * across + down * down) / 2
    # only the steepest pixel across an edge tells how sharp it is
    peak = slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8))
    clear = peak & (span > CLEAR_EDGE)
    return np.where(clear, slope / np.maximum(span, 1), np.nan).astype(np.float32)
