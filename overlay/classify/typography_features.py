"""How letters are set: on the pixel grid, on one line, of one size, of one weight; or not letters at all."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from overlay.mask.strokes import Strokes

UNMEASURED = -1.0


def typography(rgb: Rgb, strokes: Strokes) -> Mapping[str, float]:
    """Features of how the letters lie and look, at the photo's own scale.

    Args:
        rgb: [H, W, 3] uint8, the photo.
        strokes: letters of one text.
    """
    gray = np.asarray(cv2.cvtColor(rgb[strokes.window], cv2.COLOR_RGB2GRAY), np.float32)
    glyphs = (strokes.full_mask() > 0).astype(np.uint8)
    return {**_stems(gray, glyphs), **_line(glyphs), **_weight(strokes), **_frame(strokes)}


def _stems(gray: NDArray[np.float32], glyphs: NDArray[np.uint8]) -> dict[str, float]:
    """How exactly stems and bars follow rows and columns: a drawn stem is upright to the pixel."""
    names = ("stems", "stems_exact", "stems_lean", "stems_spread")
    across = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    rim = cv2.dilate(glyphs, np.ones((3, 3), np.uint8)) > cv2.erode(glyphs, np.ones((3, 3), np.uint8))
    if rim.sum() < 30:
        return dict.fromkeys(names, UNMEASURED)
    strong = rim & (strength > 0.35 * np.percentile(strength[rim], 90)) & (strength > 40)
    if strong.sum() < 30:
        return dict.fromkeys(names, UNMEASURED)
    angle = np.degrees(np.arctan2(down[strong], across[strong]))
    off = (angle + 45) % 90 - 45  # from the nearest axis, -45..45
    near = np.abs(off) < 10
    if near.sum() < 15:
        return {**dict.fromkeys(names, UNMEASURED), "stems": float(near.mean())}
    return {
        "stems": float(near.mean()),
        "stems_exact": float(np.mean(np.abs(off[near]) < 1.5)),
        "stems_lean": abs(float(np.median(off[near]))),
        "stems_spread": float(np.median(np.abs(off[near] - np.median(off[near])))),
    }


def _line(glyphs: NDArray[np.uint8]) -> dict[str, float]:
    """Whether the letters stand on one row of pixels and are of few heights."""
    names = ("stand_exact", "stand_slope", "heights_spread", "letters")
    count, _, stats, _ = cv2.connectedComponentsWithStats(glyphs)
    stats = stats[1:count]
    if not len(stats):
        return {**dict.fromkeys(names, UNMEASURED), "letters": 0.0}
    upright = glyphs.shape[0] > 1.6 * glyphs.shape[1]
    start, size = (cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH) if upright else (cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT)
    high = stats[:, size].astype(np.float64)
    letters = stats[(high > 0.45 * high.max()) & (stats[:, cv2.CC_STAT_AREA] > 8)]
    if len(letters) < 3:
        return {**dict.fromkeys(names, UNMEASURED), "letters": float(len(letters))}
    high = letters[:, size].astype(np.float64)
    feet = letters[:, start] + high
    other = cv2.CC_STAT_TOP if upright else cv2.CC_STAT_LEFT
    along = letters[:, other].astype(np.float64)
    first, last = np.triu_indices(len(letters), 1)
    apart = along[last] - along[first]
    clear = np.abs(apart) > 0.5 * float(np.median(high))
    # slope of the line through the letters' feet (Theil, 1950; Sen, 1968)
    slope = float(np.median((feet[last] - feet[first])[clear] / apart[clear])) if clear.any() else 0.0
    return {
        "stand_exact": float(np.mean(np.abs(feet - np.median(feet)) <= 1)),
        "stand_slope": min(abs(slope), 1.0),
        "heights_spread": float(high.std() / high.mean()),
        "letters": float(len(letters)),
    }


def _weight(strokes: Strokes) -> dict[str, float]:
    """Width of the strokes over the height of the text, and how alike the widths are: text has few."""
    glyphs = strokes.glyphs.astype(np.uint8)
    depth = cv2.distanceTransform(glyphs, cv2.DIST_L2, 3)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (depth > 0.9)
    high = float(np.min(np.ptp(np.nonzero(strokes.box), axis=1))) + 1 if strokes.box.any() else 1.0
    if ridge.sum() < 10:
        return {"weight": UNMEASURED, "weight_spread": UNMEASURED, "weight_most": UNMEASURED}
    widths = depth[ridge]
    return {
        "weight": float(2 * np.median(widths) / high),
        "weight_spread": float(widths.std() / widths.mean()),
        "weight_most": float(2 * np.percentile(widths, 95) / high),
    }


def _frame(strokes: Strokes) -> dict[str, float]:
    """How much of the box's outline is letter: an edge of the scene runs through it, a text ends before."""
    box = strokes.box.astype(np.uint8)
    outline = (box > 0) & (cv2.erode(box, np.ones((3, 3), np.uint8), borderValue=0) == 0)
    if not outline.any():
        return {"cut": UNMEASURED}
    return {"cut": float(strokes.glyphs[outline].mean())}
