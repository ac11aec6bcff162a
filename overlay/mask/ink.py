"""Which pixels of a text box are ink: what stands out from its ground, or what is of one colour."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]
FAINTEST = 9.0
"""A stroke differs from its ground by at least this many levels (Euclidean over RGB)."""
ALIKE = 42.0
"""Levels (Euclidean over RGB) within which pixels count as one ink."""
COARSE = 32
"""Levels in a bin when colours are counted, twice: once shifted by a half."""
FREQUENT = 0.02
"""Share of the box from which a colour may be the ink's."""
FILLED = (0.02, 0.65)
"""Share of the box that ink covers."""
STEEP = 120.0
"""Levels across the rim of ink from which it is as steep as can be."""
LOW = 0.3
"""Share of the box's height that letters reach over at least."""
CLOSE = 0.3
"""Side, in heights of the text, of a median that follows the edges of the scene under it."""
CLEARLY = 0.7
"""Score from which what stands out is ink, and no colour needs to be looked at."""
NEARLY = 0.9
"""Share of the best colour's score at which what stands out is preferred: it has the contour and the shadow too."""
BLANKS = 0.04
"""Share of ink in a piece of the line below which the piece is empty."""
SQUARE = np.ones((3, 3), np.uint8)


def find_ink(
    rgb: Rgb, ground: Rgb, box: Flags, corners: NDArray[np.float32], tall: float
) -> tuple[Flags, float]:
    """[h, w] bool, the ink of the text in ``box``, its contour with it; and how much like ink it looks, 0..1.

    Soft rims and shadows are left out. Otsu's split of what stands out from ``ground`` is one reading; the
    split of what stands out from a ground that follows the scene's edges closely is another; and so is each
    frequent colour of the box. Ink has a steep rim all along, runs from one end of the box to the other in
    thin strokes, and is neither cut by the box's outline nor as common around it: the reading that has most
    of this is taken.

    Args:
        rgb: [h, w, 3] uint8.
        ground: [h, w, 3] uint8, ``rgb`` with what is thinner than the letters smoothed away.
        box: [h, w] bool, inside the text's quad.
        corners: [4, 2], of the quad, pixels.
        tall: height of the quad, pixels.
    """
    colours = rgb.astype(np.float32)
    frame = _Frame(rgb, box, corners, tall)
    raised = _raised(colours, ground, box)
    best, ink = frame.score(raised), raised & box
    if best < CLEARLY:
        least = best / NEARLY
        for alike in _others(rgb, colours, box, tall):
            score = frame.score(alike)
            if score > least:
                best = least = score
                ink = alike & box
    return ink | _contour(colours, ink, box, tall), best


def _raised(colours: Plane, ground: Rgb, box: Flags) -> Flags:
    """What stands out from ``ground``, by Otsu's split of what the box holds."""
    stands = _distance(colours, ground)
    values = np.minimum(stands[box], 255).astype(np.uint8)
    split, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return stands > max(split, FAINTEST)


def _others(rgb: Rgb, colours: Plane, box: Flags, tall: float) -> Iterator[Flags]:
    """Other readings of the same box."""
    close = cv2.medianBlur(np.ascontiguousarray(rgb), max(3, int(CLOSE * tall)) | 1)
    yield _raised(colours, np.asarray(close, np.uint8), box)
    for tone in _tones(rgb, box):
        yield _distance(colours, tone) < ALIKE


class _Frame:
    """What a box tells of any ink in it."""

    def __init__(self, rgb: Rgb, box: Flags, corners: NDArray[np.float32], tall: float) -> None:
        self.box = box
        self.outside = ~box
        self.outline = box & (cv2.erode(box.astype(np.uint8), SQUARE, borderValue=0) == 0)
        # how far the brightest and the darkest of 3 × 3 pixels are apart, in the channel where it is most
        rise = cv2.subtract(cv2.dilate(rgb, SQUARE), cv2.erode(rgb, SQUARE)).max(axis=-1)
        self.rise = np.minimum(rise, STEEP).astype(np.float32) / STEEP
        along, across = corners[1] - corners[0], corners[3] - corners[0]
        if np.linalg.norm(across) > np.linalg.norm(along):
            along, across = across, along
        rows, columns = np.nonzero(box)
        spots = np.stack([columns, rows], axis=1) - corners[0]
        length, height = float(np.linalg.norm(along)), float(np.linalg.norm(across))
        self.across = np.abs(spots @ across) / max(height**2, 1.0)
        self.count = int(np.clip(2 * length / max(height, 1.0), 4, 40))
        place = np.abs(spots @ along) / max(length**2, 1.0) * self.count
        self.piece = np.minimum(place.astype(int), self.count - 1)
        self.pieces = np.bincount(self.piece, minlength=self.count)
        thick = max(3, int(0.3 * tall)) | 1
        self.thick = np.ones((thick, thick), np.uint8)

    def score(self, alike: Flags) -> float:
        """How much like ink the pixels of ``alike`` [h, w] bool look that lie inside the box, 0..1."""
        inner = alike[self.box]
        share = float(inner.mean())
        if not FILLED[0] < share < FILLED[1]:
            return 0.0
        ink = (alike & self.box).astype(np.uint8)
        rim = (ink > 0) & (cv2.erode(ink, SQUARE) == 0)
        steep = float(self.rise[rim].mean())
        filled = np.bincount(self.piece[inner], minlength=self.count)
        span = float((filled > BLANKS * self.pieces).mean())
        low, high = np.percentile(self.across[inner], (3, 97))
        leak = float(alike[self.outside].mean()) / share if self.outside.any() else 0.0
        cut = float(alike[self.outline].mean()) / share if self.outline.any() else 0.0
        thick = float(cv2.morphologyEx(ink, cv2.MORPH_OPEN, self.thick).sum() / ink.sum())
        thin, within = 1 - thick, min(1.0, float(high - low) / LOW)
        return steep * span**2 * within * thin * (1 - 0.5 * min(leak, 1.2)) * (1 - 0.6 * min(cut, 1.5))


def _distance(colours: Plane, other: Plane | Rgb) -> Plane:
    """Euclidean, levels over RGB, [h, w]."""
    away = colours - other
    return np.asarray(np.sqrt(np.einsum("hwc,hwc->hw", away, away)), np.float32)


def _tones(rgb: Rgb, box: Flags) -> Iterator[Plane]:
    """Colours that are frequent in the box, and those that are more frequent in it than around it."""
    found: list[Plane] = []
    for shift in (0, COARSE // 2):
        bins = (rgb.astype(np.int32) + shift) // COARSE
        codes = (bins[..., 0] * 9 + bins[..., 1]) * 9 + bins[..., 2]
        inside = np.bincount(codes[box], minlength=729) / max(int(box.sum()), 1)
        outside = np.bincount(codes[~box], minlength=729) / max(int((~box).sum()), 1)
        leading = [*np.argsort(inside - outside)[::-1][:3], *np.argsort(inside)[::-1][:5]]
        for code in dict.fromkeys(leading):
            if inside[code] < FREQUENT:
                continue
            tone = np.asarray(np.median(rgb[box & (codes == code)], axis=0), np.float32)
            if all(np.linalg.norm(tone - other) > COARSE / 2 for other in found):
                found.append(tone)
                yield tone


def _contour(colours: Plane, ink: Flags, box: Flags, tall: float) -> Flags:
    """What hugs the ink in one other colour that is rare farther away: a drawn contour."""
    none = np.zeros_like(ink)
    away = cv2.distanceTransform((~ink).astype(np.uint8), cv2.DIST_L2, 3)
    reach = max(3.0, tall / 9)
    near, far = (away >= 1.2) & (away <= 2.3) & box, (away > reach + 1.5) & (away < reach + 6)
    if near.sum() < 30 or far.sum() < 30:
        return none
    alike = _distance(colours, np.median(colours[near], axis=0)) < ALIKE
    hugging = float(alike[near].mean())
    return alike & box & (away < reach) if hugging > 0.45 and alike[far].mean() < 0.5 * hugging else none
