"""How much of the ground shows through letters: a see-through mark is a watermark, however plain."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from overlay.detect.blend import LEAST, fitted
from overlay.mask.strokes import Strokes, filled_around

SOAKED = 0.15
"""Share of the ground's changes that must come through: less may be the soft rim of opaque strokes."""
GOES_WITH = 0.85
"""Correlation of ink and ground from which the former follows the latter."""
RATHER = 0.65
"""The same from which a person is asked whose mark it is: soft rims and texture hide the ground's changes."""
VARIED = 3.0
"""Standard deviation of the ground along the strokes, levels, below which it tells nothing."""
THICKEST = 0.35
"""Widest stroke, in heights of the text."""
FAINTEST = 5
"""Levels in one channel from which a stroke is looked at."""
ROUNDS = 3
"""Times that blend and strokes are fitted to each other."""
BEST, NEAR = 0.85, 7
"""Share of the greatest distance from the ground, in a window of so many pixels, from which ink covers a pixel best."""
CLEAREST, SURELY = 0.78, 0.9
"""Most of the ground that may come through and least agreement where the blend itself draws the strokes:
through thin opaque strokes some ground seems to come as well, for they have soft rims alone."""
HOPEFUL = 0.3
"""Agreement below which no blend comes of it."""
FILLED = (0.03, 0.65)
"""Share of a box that strokes fill."""


@dataclass(frozen=True)
class Veil:
    """What ink does with the changes of its ground: I = (1 - a) B + a c, one a and c for all letters.

    Attributes:
        through: 1 - a, share of the ground's changes seen in the ink; about 0 for opaque ink.
        agreement: correlation of ink and ground, -1..1.
        variation: standard deviation of the ground, levels.
    """

    through: float
    agreement: float
    variation: float

    @property
    def is_seen_through(self) -> bool:
        """Whether the ground surely shows through; on an even ground nobody can say."""
        return self._is_seen_through(GOES_WITH)

    @property
    def may_be_seen_through(self) -> bool:
        """Whether it may, so that nothing is erased without the vendor's right or a person."""
        return self._is_seen_through(RATHER)

    def _is_seen_through(self, agreed: float) -> bool:
        return SOAKED < self.through < 1 and self.agreement > agreed and self.variation > VARIED


def may_be_veil(strokes: Strokes) -> bool:
    """Whether the ground may show through the letters, their soft rims apart.

    Through opaque strokes of two or three pixels some ground seems to come as well, for they have little
    but rims: where pixels that ink covers best can be looked at alone, they decide.
    """
    blend = veil(strokes)
    if blend is None or not blend.may_be_seen_through:
        return False
    best = veil(strokes, best=True)
    return best is None or best.may_be_seen_through


def veil(strokes: Strokes, *, best: bool = False) -> Veil | None:
    """Fit of the letters to a constant blend with what is just outside them; None where too little is to see.

    Ink inside the strokes is set against ground next to them; only the ``best`` covered pixels if asked.
    """
    glyphs = strokes.glyphs.astype(np.uint8)
    if glyphs.sum() < LEAST * LEAST:
        return None
    rgb = strokes.rgb.astype(np.float32)
    depth = cv2.distanceTransform(glyphs, cv2.DIST_L2, 3)
    away = cv2.distanceTransform(1 - glyphs, cv2.DIST_L2, 3)
    core = (depth > min(1.5, 0.6 * float(np.percentile(depth[glyphs > 0], 90)))) & (depth < 6)
    free = ((away > 1.5) & (away < 7)).astype(np.float32)
    weight = cv2.GaussianBlur(free, (0, 0), 3)
    ground = cv2.GaussianBlur(rgb * free[..., None], (0, 0), 3) / np.maximum(weight, 1e-4)[..., None]
    core &= weight > 0.1
    if best:
        cover = np.linalg.norm(rgb - ground, axis=-1) * core
        core &= cover >= BEST * cv2.dilate(cover, np.ones((NEAR, NEAR), np.uint8))
    found = fitted(rgb, ground, core)
    return None if found is None else Veil(found.slope, found.agreement, found.variation)


def veiled(strokes: Strokes, height: float) -> Strokes | None:
    """The same text with the strokes that one blend explains, or None where there is no such blend.

    Each channel and either sense is tried: what stands out by less than a stroke's width (top-hat) is
    fitted as a blend; then a pixel is ink where the blend tells its colour better than the ground does.

    Args:
        height: of the text, pixels of the photo.
    """
    rgb = strokes.rgb.astype(np.float32)
    tall = height * strokes.scale
    side = max(5, int(THICKEST * tall)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.7)
    tries: list[tuple[float, NDArray[np.bool_]]] = []
    for channel in range(3):
        for way in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            stands = cv2.morphologyEx(soft[..., channel], way, disc)
            values = np.minimum(stands[strokes.box], 255).astype(np.uint8)
            if values.size < LEAST * LEAST:
                return None
            split, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
            glyphs = (stands > max(split, FAINTEST)) & strokes.box
            blend = veil(replace(strokes, glyphs=glyphs))
            if blend is not None and blend.agreement > HOPEFUL:
                tries.append((blend.agreement, glyphs))
    tries.sort(key=lambda one: -one[0])
    settled = [_settled(replace(strokes, glyphs=glyphs), tall) for _, glyphs in tries[:2]]
    best = max((one for one in settled if one is not None), key=lambda one: one[0], default=None)
    if best is None:
        return None
    _, glyphs, ground = best
    contrast = float(np.median(np.linalg.norm(rgb - ground, axis=-1)[glyphs]))
    return replace(
        strokes, glyphs=glyphs, ground=np.clip(np.rint(ground), 0, 255).astype(np.uint8), contrast=contrast
    )


def _settled(strokes: Strokes, tall: float) -> tuple[float, NDArray[np.bool_], NDArray[np.float32]] | None:
    """Agreement, strokes and ground once blend and strokes fit each other."""
    rgb, glyphs = strokes.rgb.astype(np.float32), strokes.glyphs
    best: tuple[float, NDArray[np.bool_], NDArray[np.float32]] | None = None
    for _ in range(ROUNDS):
        if not FILLED[0] < glyphs.sum() / strokes.box.sum() < FILLED[1]:
            break
        blend = veil(replace(strokes, glyphs=glyphs))
        if blend is None:
            break
        free = cv2.dilate(glyphs.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
        ground = filled_around(strokes.rgb, free, max(2.0, 0.06 * tall))
        if blend.is_seen_through and blend.through < CLEAREST and blend.agreement > SURELY:
            best = blend.agreement, glyphs, ground
        core = cv2.erode(glyphs.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        core = core if core.sum() > LEAST * LEAST else glyphs
        through = float(np.clip(blend.through, 0, CLEAREST))
        added = np.median(rgb[core] - through * ground[core], axis=0)
        as_ink = np.linalg.norm(rgb - through * ground - added, axis=-1)
        as_ground = np.linalg.norm(rgb - ground, axis=-1)
        near = cv2.dilate(glyphs.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        glyphs = (cv2.GaussianBlur(as_ink - as_ground, (0, 0), 0.8) < 0) & strokes.box & near
    return best
