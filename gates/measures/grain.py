"""Grain: the strength of the finest detail, which a smooth fill loses and a bad one invents."""

from typing import cast

import cv2
import numpy as np

from gates.patch import RING, Bools, Floats, Patch

SECOND = np.array([1, -2, 1], np.float32)
LEAST = 100
"""Fewer pixels than this, of the fill or of its ring, say nothing of texture."""
FLOOR = 1.5
"""Grey levels added to both sides: the grain of a clean white ground after JPEG, whose loss nobody sees."""


def grain(luma: Floats) -> Floats:
    """[H, W] local estimate of the standard deviation of white noise, grey levels.

    Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996:
    the mean of this over an area is that paper's estimate for it.

    Args:
        luma: [H, W] float32, 0..255.
    """
    response = cv2.sepFilter2D(luma, cv2.CV_32F, SECOND, SECOND)
    return cast(Floats, np.abs(response) * np.float32(np.sqrt(np.pi / 2) / 6))


def detail(luma: Floats, fine: int, coarse: int) -> Floats:
    """[H, W] absolute difference of two means, of ``fine`` and of ``coarse`` pixels: one band of detail.

    The band of a Laplacian pyramid (Burt and Adelson, 1983) with box means for Gaussians.
    """
    return cast(Floats, np.abs(cv2.blur(luma, (fine, fine)) - cv2.blur(luma, (coarse, coarse))))


def texture_change(patch: Patch) -> tuple[float, float]:
    """log2 of the fill's grain, and of its middle detail, over what the ring nearby lets expect.

    0 where alike, −1 where half is lost, +1 where doubled. The expectation is interpolated from the
    ring to each pixel, so that a fill between a smooth and a rough surface is held against both.
    """
    depth = cv2.distanceTransform(patch.inside.astype(np.uint8), cv2.DIST_L2, 5)
    solid_depth = cv2.distanceTransform(patch.solid.astype(np.uint8), cv2.DIST_L2, 5)
    core = solid_depth > 1.5
    ring = patch.ring & (patch.distance > 2)
    if core.sum() < LEAST or ring.sum() < LEAST:
        return 0.0, 0.0
    side = 2 * int(depth.max() + RING) + 1
    luma = patch.after_luma
    changes = [_change(level, core, ring, side) for level in (grain(luma), detail(luma, 3, 7))]
    return changes[0], changes[1]


def _change(level: Floats, core: Bools, ring: Bools, side: int) -> float:
    # means of square roots, squared: an outline that happens to run through the ring is no texture
    root = np.sqrt(level)
    ours, expected = (around(root, part, side)[core] ** 2 for part in (core, ring))
    return float(np.median(np.log2((ours + FLOOR) / (expected + FLOOR))))


def around(level: Floats, where: Bools, side: int) -> Floats:
    """Mean of ``level`` over the pixels of ``where`` within a window of ``side``."""
    weight = where.astype(np.float32)
    share = cv2.blur(weight, (side, side))
    return cast(Floats, cv2.blur(level * weight, (side, side)) / np.maximum(share, 1e-6))
