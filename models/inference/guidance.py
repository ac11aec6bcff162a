"""Where an enlargement may invent detail: along what the photo shows, never on what was filled in."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Weights = NDArray[np.float32]
"""[height, width] float32 at the size of the enlargement: 1 takes the network's pixel, 0 the plain one."""

DETAIL = 6.0
"""Local deviation of luma, grey levels, from which detail counts as the photo's own for the most part."""

MARGIN = 6
"""Pixels of the photo around a fill that are kept from invention with it: its seam lies there."""


def edges(rgb: Rgb, size: tuple[int, int]) -> Weights:
    """Weights near 1 along the photo's own edges and texture, near 0 on its smooth grounds.

    Args:
        rgb: [H, W, 3] uint8, the photo before it is enlarged.
        size: (width, height) of the enlargement.
    """
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.GaussianBlur(luma, (0, 0), 2)
    variance = np.maximum(cv2.GaussianBlur(luma * luma, (0, 0), 2) - mean * mean, 0)
    return _at(np.asarray(variance / (variance + DETAIL**2), np.float32), size)


def away_from(boxes: Sequence[Sequence[int]], rgb: Rgb, size: tuple[int, int]) -> Weights:
    """Weights of 0 on what was filled in and on its seam, of 1 elsewhere, with a soft border.

    Args:
        boxes: left, top, right, bottom of each fill, pixels of ``rgb``.
        rgb: [H, W, 3] uint8, the photo before it is enlarged.
        size: (width, height) of the enlargement.
    """
    free = np.ones(rgb.shape[:2], np.float32)
    for left, top, right, bottom in boxes:
        free[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN] = 0
    return _at(cv2.erode(cv2.GaussianBlur(free, (0, 0), MARGIN / 3), np.ones((5, 5))), size)


def guided(invented: Rgb, plain: Rgb, weights: Weights) -> Rgb:
    """The network's enlargement where it may invent, the plain one elsewhere; all [height, width, …]."""
    share = weights[..., None]
    mixed = plain.astype(np.float32) * (1 - share) + invented.astype(np.float32) * share
    return np.rint(mixed).astype(np.uint8)


def _at(weights: NDArray[np.generic], size: tuple[int, int]) -> Weights:
    large = cv2.resize(np.asarray(weights, np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(large, np.float32), 0, 1)
