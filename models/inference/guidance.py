"""Weights that limit invented detail in an enlargement to existing detail outside of fills."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Weights = NDArray[np.float32]
"""[height, width] float32 at the size of the enlargement: 1 takes the network's pixel, 0 the interpolated one."""

DETAIL = 6.0
"""Local standard deviation of luma (grey levels) at which the weight is one half."""

MARGIN = 6
"""Width of the border around a fill, with its seam, that is protected like the fill (pixels)."""


def edges(rgb: Rgb, size: tuple[int, int]) -> Weights:
    """Weights near 1 on edges and texture of the photo, near 0 on smooth surfaces.

    Args:
        rgb: [H, W, 3] uint8, the photo before enlargement.
        size: (width, height) of the enlargement.
    """
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.GaussianBlur(luma, (0, 0), 2)
    variance = np.maximum(cv2.GaussianBlur(luma * luma, (0, 0), 2) - mean * mean, 0)
    return _at(np.asarray(variance / (variance + DETAIL**2), np.float32), size)


def away_from(boxes: Sequence[Sequence[int]], rgb: Rgb, size: tuple[int, int]) -> Weights:
    """Weights of 0 on fills and their seams and 1 elsewhere, with a soft border.

    Args:
        boxes: left, top, right, bottom of each fill in pixels of ``rgb``.
        rgb: [H, W, 3] uint8, the photo before enlargement.
        size: (width, height) of the enlargement.
    """
    weights = np.ones(rgb.shape[:2], np.float32)
    for left, top, right, bottom in boxes:
        weights[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN] = 0
    return _at(cv2.erode(cv2.GaussianBlur(weights, (0, 0), MARGIN / 3), np.ones((5, 5))), size)


def guided(invented: Rgb, plain: Rgb, weights: Weights) -> Rgb:
    """[height, width, 3] uint8 blend of the network's enlargement and the interpolated one by ``weights``."""
    weight = weights[..., None]
    mixed = plain.astype(np.float32) * (1 - weight) + invented.astype(np.float32) * weight
    return np.rint(mixed).astype(np.uint8)


def _at(weights: NDArray[np.generic], size: tuple[int, int]) -> Weights:
    large = cv2.resize(np.asarray(weights, np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(large, np.float32), 0, 1)
