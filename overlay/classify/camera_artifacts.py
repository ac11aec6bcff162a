"""Traces that a lens, a sensor and a shop's sharpening leave on what they photographed.

Letters laid over a photo have none of them: their ink is one number, their edge is one pixel wide,
no halo surrounds them, and the noise stops where they begin.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from overlay.mask.strokes import Strokes

NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Laplacian difference that cancels edges and slopes (Immerkaer, CVIU 1996)."""
NOISE_SCALE = float(np.sqrt(np.pi / 2) / 6)
"""Mean absolute answer of ``NOISE`` to standard deviation of white noise."""
FEWEST = 20
"""Pixels below which nothing is measured: the feature is then -1."""
UNMEASURED = -1.0


def traces(rgb: Rgb, strokes: Strokes) -> Mapping[str, float]:
    """Features of the letters at the photo's own scale.

    Args:
        rgb: [H, W, 3] uint8, the photo.
        strokes: letters of one text.
    """
    part: Rgb = rgb[strokes.window]
    glyphs = (strokes.full_mask() > 0).astype(np.uint8)
    gray = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.float32)
    core = cv2.erode(glyphs, np.ones((3, 3), np.uint8)) > 0
    return {
        **_ink(part, core),
        **_noise(gray, glyphs),
        **_halo(part, glyphs, core),
        **_steps(gray, glyphs),
    }


def _ink(part: Rgb, core: NDArray[np.bool_]) -> dict[str, float]:
    """How much of the ink is one single colour, and how far the rest strays."""
    names = ("ink_exact", "ink_close", "ink_chroma_spread", "ink_extreme")
    if core.sum() < FEWEST:
        return dict.fromkeys(names, UNMEASURED)
    colours = part[core].astype(np.float32)
    away = np.abs(colours - np.median(colours, axis=0)).max(axis=1)
    balance = colours - colours.mean(axis=1, keepdims=True)
    light = np.median(colours, axis=0)
    return {
        "ink_exact": float(np.mean(away <= 1)),
        "ink_close": float(np.mean(away <= 6)),
        "ink_chroma_spread": float(np.median(np.abs(balance - np.median(balance, axis=0)))),
        "ink_extreme": float(np.mean((light <= 3) | (light >= 252))),
    }


def _noise(gray: NDArray[np.float32], glyphs: NDArray[np.uint8]) -> dict[str, float]:
    """Noise inside the letters beside the noise of the ground around them, levels."""
    answer = np.abs(cv2.filter2D(gray, cv2.CV_32F, NOISE)) * NOISE_SCALE
    inner = answer[cv2.erode(glyphs, np.ones((5, 5), np.uint8)) > 0]
    outer = answer[cv2.dilate(glyphs, np.ones((7, 7), np.uint8)) == 0]
    ink = float(inner.mean()) if inner.size >= FEWEST else UNMEASURED
    # texture is no noise: the quieter half of the ground tells the sensor's
    ground = float(outer[outer <= np.median(outer)].mean()) if outer.size >= FEWEST else UNMEASURED
    known = ink >= 0 and ground >= 0
    return {
        "ink_noise": ink,
        "ground_noise": ground,
        "noise_ratio": min(ink / max(ground, 0.1), 20.0) if known else UNMEASURED,
    }


def _halo(part: Rgb, glyphs: NDArray[np.uint8], core: NDArray[np.bool_]) -> dict[str, float]:
    """Overshoot on both sides of the letters' edge, as a share of the contrast: sharpening leaves it."""
    names = ("halo", "overshoot")
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    first = cv2.dilate(glyphs, disc)
    second = cv2.dilate(first, disc)
    third = cv2.dilate(second, disc)
    near, far = (first > glyphs), (third > second)
    if core.sum() < FEWEST or near.sum() < FEWEST or far.sum() < FEWEST:
        return dict.fromkeys(names, UNMEASURED)
    colours = part.astype(np.float32)
    ink, ground = np.median(colours[core], axis=0), np.median(colours[far], axis=0)
    way = ink - ground
    contrast = float(np.linalg.norm(way))
    if contrast < 10:
        return dict.fromkeys(names, UNMEASURED)
    along = ((colours - ground) @ (way / contrast)) / contrast  # 0 on the ground, 1 on the ink
    return {
        "halo": float(np.clip(-np.percentile(along[near], 25), -1, 1)),
        "overshoot": float(np.clip(np.percentile(along[core], 95) - 1, -1, 1)),
    }


def _steps(gray: NDArray[np.float32], glyphs: NDArray[np.uint8]) -> dict[str, float]:
    """How much of the letters' edge rises within a single pixel."""
    names = ("step_middle", "step_full", "step_soft")
    square = np.ones((5, 5), np.uint8)
    span = cv2.dilate(gray, square) - cv2.erode(gray, square)
    across = np.abs(np.diff(gray, axis=1, append=gray[:, -1:]))
    down = np.abs(np.diff(gray, axis=0, append=gray[-1:]))
    rise = np.maximum(across, down)
    rim = cv2.dilate(glyphs, np.ones((3, 3), np.uint8)) > cv2.erode(glyphs, np.ones((3, 3), np.uint8))
    # one pixel per crossing of the edge: the steepest of its surroundings
    peak = (rise >= cv2.dilate(rise, np.ones((3, 3), np.uint8))) & rim & (span > 25)
    if peak.sum() < FEWEST:
        return dict.fromkeys(names, UNMEASURED)
    share = rise[peak] / span[peak]
    return {
        "step_middle": float(np.median(share)),
        "step_full": float(np.mean(share > 0.85)),
        "step_soft": float(np.mean(share < 0.4)),
    }
