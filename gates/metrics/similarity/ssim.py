"""Structural similarity, at one scale and at several."""

from typing import cast

import cv2
import numpy as np

from gates.patch import Floats

SIDE = 11
SIGMA = 1.5
STRIP = 64
"""Height (pixels) of the strips; their planes stay in the processor's cache."""
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the five scales, from Wang, Simoncelli and Bovik, 2003."""


def ssim_map(one: Floats, other: Floats) -> Floats:
    """[H, W] float32 structural similarity of luma with an 11 × 11 Gaussian window of σ 1.5.

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", 2004. Only sums of the second moments are needed, so four blurs are enough.

    Args:
        one, other: [H, W] float32 luma, 0..255.
    """
    luminance, structure = _terms(one, other)
    return cast(Floats, luminance * structure)


def ssim(one: Floats, other: Floats) -> float:
    """Mean of :func:`ssim_map` over the pixels whose window fits into the picture; over all if no window fits."""
    if min(one.shape) <= SIDE:
        return float(ssim_map(one, other).mean())
    tops = range(0, one.shape[0] - SIDE + 1, STRIP)
    inner = np.s_[SIDE // 2 : -(SIDE // 2), SIDE // 2 : -(SIDE // 2)]
    total = 0.0
    for top in tops:
        strip = np.s_[top : top + STRIP + SIDE - 1]
        total += float(ssim_map(one[strip], other[strip])[inner].sum(dtype=np.float64))
    return total / one[inner].size


def ms_ssim(one: Floats, other: Floats) -> float:
    """Structural similarity over five scales; small pictures use fewer scales with renormalised weights.

    Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment", 2003.

    Args:
        one, other: [H, W] float32 luma, 0..255.
    """
    scales = min(len(WEIGHTS), max(1, int(np.log2(max(1, min(one.shape) / SIDE))) + 1))
    result, total = 1.0, sum(WEIGHTS[:scales])
    for scale, weight in enumerate(WEIGHTS[:scales]):
        luminance, structure = _terms(one, other)
        last = scale == scales - 1
        value = float(_inner(luminance * structure if last else structure).mean())
        result *= max(0.0, value) ** (weight / total)
        if not last:
            size = (one.shape[1] // 2, one.shape[0] // 2)
            one, other = (
                cast(Floats, cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in (one, other)
            )
    return result


def _terms(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    mean1, mean2 = _blur(one), _blur(other)
    both = mean1 * mean2
    squares = mean1 * mean1 + mean2 * mean2
    variances = _blur(one * one + other * other) - squares
    covariance = _blur(one * other) - both
    luminance = (2 * both + C1) / (squares + C1)
    return cast(Floats, luminance), cast(Floats, (2 * covariance + C2) / (variances + C2))


def _blur(plane: Floats) -> Floats:
    return cast(Floats, cv2.GaussianBlur(plane, (SIDE, SIDE), SIGMA, borderType=cv2.BORDER_REFLECT))


def _inner(plane: Floats) -> Floats:
    edge = SIDE // 2
    return plane[edge:-edge, edge:-edge] if min(plane.shape) > SIDE else plane
