"""Mean deviation similarity index (MDSI) over gradients and colours."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.similarity.gmsd import PREWITT
from gates.patch import Floats
from line.picture import Rgb

C1, C2, C3 = 140.0, 55.0, 550.0
ALPHA = 0.6
SHORT_SIDE = 256
"""Shorter side (pixels) to which pictures are averaged down, as in the authors' code."""


def mdsi(one: Rgb, other: Rgb) -> float:
    """MDSI of two pictures: 0 for equal pictures, greater for greater visible differences.

    Nafchi, Shahkolaei, Hedjam and Cheriet, "Mean deviation similarity index: efficient and reliable
    full-reference image quality evaluator", IEEE Access 4, 2016: weighted sum of both similarities,
    deviation pooling with exponents 1/4.

    Args:
        one: [H, W, 3] uint8 RGB, the reference.
        other: [H, W, 3] uint8 RGB of the same size.
    """
    (luma1, h1, m1), (luma2, h2, m2) = _planes(one), _planes(other)
    grad1, grad2, grad12 = _gradient(luma1), _gradient(luma2), _gradient(cast(Floats, (luma1 + luma2) / 2))
    structure = (
        _similarity(grad1, grad2, C1) + _similarity(grad2, grad12, C2) - _similarity(grad1, grad12, C2)
    )
    chroma = (2 * (h1 * h2 + m1 * m2) + C3) / (h1 * h1 + h2 * h2 + m1 * m1 + m2 * m2 + C3)
    both = (ALPHA * structure + (1 - ALPHA) * chroma).astype(np.complex64) ** 0.25
    return float(np.abs(both - both.mean()).mean() ** 0.25)


def _planes(rgb: Rgb) -> tuple[Floats, Floats, Floats]:
    """Luma and the two chrominances of the Gaussian colour model, averaged down."""
    step = max(1, round(min(rgb.shape[:2]) / SHORT_SIDE))
    small = cast(Floats, rgb.astype(np.float32))
    if step > 1:
        small = cast(Floats, cv2.blur(small, (step, step), anchor=((step - 1) // 2,) * 2)[::step, ::step])
    model = np.array([[0.2989, 0.5870, 0.1140], [0.30, 0.04, -0.35], [0.34, -0.60, 0.17]], np.float32)
    luma, h, m = (cast(Floats, small @ weights) for weights in model)
    return luma, h, m


def _gradient(luma: Floats) -> Floats:
    plane = np.ascontiguousarray(luma)
    dx, dy = (
        cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
        for kernel in (PREWITT, PREWITT.T)
    )
    return cast(Floats, cv2.magnitude(dx, dy))


def _similarity(one: Floats, other: Floats, constant: float) -> Floats:
    return cast(Floats, (2 * one * other + constant) / (one * one + other * other + constant))
