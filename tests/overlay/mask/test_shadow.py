from dataclasses import replace

import cv2
import numpy as np

from overlay.mask.shadow import shadow
from overlay.mask.strokes import Strokes, find_strokes

QUAD = np.array([[20, 30], [220, 30], [220, 86], [20, 86]], np.float32)
TALL = 56.0


def lettered(rgb: np.ndarray, *, shaded: bool) -> tuple[Strokes, np.ndarray]:
    """Yellow letters on ``rgb``, over their own shadow if asked; and True where that darkens the photo visibly."""
    letters = np.zeros(rgb.shape[:2], np.uint8)
    cv2.putText(letters, "SALE", (30, 78), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 6)
    away = cv2.warpAffine(letters, np.array([[1, 0, 4], [0, 1, 4]], np.float32), letters.shape[::-1])
    soft = cv2.GaussianBlur(away, (0, 0), 1.5).astype(np.float32)[..., None] / 255 * (0.8 if shaded else 0)
    drawn = np.rint(rgb * (1 - soft)).astype(np.uint8)
    darkened = (rgb.astype(int) - drawn).max(axis=-1) > 12
    drawn[letters > 0] = (250, 220, 40)
    strokes = find_strokes(drawn, QUAD)
    size = (strokes.box.shape[1], strokes.box.shape[0])
    own = cv2.resize(letters[strokes.window], size, interpolation=cv2.INTER_NEAREST) > 0
    seen = cv2.resize(darkened[strokes.window].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return replace(strokes, glyphs=own), seen & ~own


def textured() -> np.ndarray:
    noise = np.random.default_rng(2).integers(110, 190, (40, 80, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (240, 120), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_a_soft_shadow_under_letters_is_found_on_its_side() -> None:
    strokes, darkened = lettered(np.full((120, 240, 3), 170, np.uint8), shaded=True)
    found = shadow(strokes, TALL)
    assert found[darkened].mean() > 0.9
    assert not found[strokes.glyphs].any()
    assert found.sum() < 1.6 * darkened.sum()


def test_over_texture_most_of_a_shadow_is_found() -> None:
    strokes, darkened = lettered(textured(), shaded=True)
    assert shadow(strokes, TALL)[darkened].mean() > 0.7


def test_letters_without_a_shadow_have_none_on_plain_ground_and_over_texture() -> None:
    for rgb in (np.full((120, 240, 3), 170, np.uint8), textured()):
        strokes, _ = lettered(rgb, shaded=False)
        assert not shadow(strokes, TALL).any()


def test_no_letters_throw_no_shadow() -> None:
    strokes, _ = lettered(textured(), shaded=False)
    assert not shadow(replace(strokes, glyphs=np.zeros_like(strokes.glyphs)), TALL).any()
