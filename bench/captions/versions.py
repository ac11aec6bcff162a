"""Photos and overlays as other hands cut, turned, sharpened and saved them."""

from dataclasses import replace

import cv2
import numpy as np

from bench.captions.draw import Drawn, jpeg

AGED = 0.4
"""Share of the overlays that were made smaller with their photo."""


def altered(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The photo as another shop would have cut, turned, sharpened and saved it."""
    if rng.random() < 0.5:
        share = rng.uniform(0.45, 0.9)
        high, wide = (max(64, int(side * share)) for side in rgb.shape[:2])
        top = int(rng.integers(0, max(1, rgb.shape[0] - high)))
        left = int(rng.integers(0, max(1, rgb.shape[1] - wide)))
        rgb = rgb[top : top + high, left : left + wide]
    if rng.random() < 0.5:
        scale = rng.uniform(0.5, 1.3)
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=way)
    if rng.random() < 0.4:
        soft = cv2.GaussianBlur(rgb, (0, 0), 1.2)
        rgb = cv2.addWeighted(rgb, 1.7, soft, -0.7, 0)
    if rng.random() < 0.3:
        rgb = rgb[:, ::-1]
    return jpeg(np.ascontiguousarray(rgb), int(rng.integers(70, 97)), int(rng.choice([0, 2])))


def aged(drawn: Drawn, rng: np.random.Generator) -> Drawn:
    """The photo with its overlay made smaller and saved again: what reaches a shop was seldom drawn on there."""
    scale, quality = rng.uniform(0.45, 0.9), int(rng.integers(70, 96))
    rgb, clean, mask = (
        np.asarray(cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
        for one in (drawn.rgb, drawn.clean, drawn.mask.astype(np.float32))
    )
    return replace(drawn, rgb=jpeg(rgb, quality, 2), clean=jpeg(clean, quality, 2), mask=mask > 0.5)
