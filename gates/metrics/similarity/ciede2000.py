"""The CIEDE2000 colour difference."""

import math
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats

CHROMA_PIVOT = 25.0**7
"""Constant 25⁷ of the formula."""


def lab(rgb: Floats) -> Floats:
    """[H, W, 3] float32 CIELAB (D65; L* 0..100) of [H, W, 3] float32 sRGB, 0..255."""
    return cast(Floats, cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2Lab))


def ciede2000(one: Floats, other: Floats) -> Floats:
    """[...] float32 ΔE00 between two [..., 3] arrays of CIELAB values.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations", 2005, with k_L = k_C = k_H = 1.
    """
    l1, a1, b1 = _planes(one)
    l2, a2, b2 = _planes(other)
    grey = (_length(a1, b1) + _length(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _saturated(grey)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = _length(a1, b1), _length(a2, b2)
    h1, h2 = np.arctan2(b1, a1), np.arctan2(b2, a2)
    both = c1 * c2
    turn = np.where(both > 0, _wrap(h2 - h1), 0)
    d_hue = 2 * np.sqrt(both) * np.sin(turn / 2)
    middle = np.where(both > 0, h1 + turn / 2, h1 + h2)
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    square = (l_mean - 50) ** 2
    s_l = 1 + 0.015 * square / np.sqrt(20 + square)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * _hue_weight(middle)
    offset = _wrap(middle - math.radians(275)) / math.radians(25)
    # clipped, because denormal results of exp are slow
    blue = math.radians(30) * np.exp(-np.minimum(offset * offset, 40))
    cross = -2 * _saturated(c_mean) * np.sin(2 * blue)
    light, chroma, hue = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    squared = light * light + chroma * chroma + hue * hue + cross * chroma * hue
    return cast(Floats, np.sqrt(np.maximum(squared, 0)))


def _planes(colours: Floats) -> Floats:
    """[3, ...] contiguous float32 planes of [..., 3] colours."""
    return np.ascontiguousarray(np.moveaxis(colours, -1, 0), dtype=np.float32)


def _length(a: Floats, b: Floats) -> Floats:
    return cast(Floats, np.sqrt(a * a + b * b))


def _wrap(angle: NDArray[Any]) -> Floats:
    """``angle`` (radians) wrapped into [-pi, pi]."""
    return cast(Floats, angle - 2 * math.pi * np.rint(angle / (2 * math.pi)))


def _hue_weight(hue: NDArray[Any]) -> Floats:
    """T of the formula, by multiple-angle identities instead of four cosines."""
    c1, s1 = np.cos(hue), np.sin(hue)
    c2, s2 = c1 * c1 - s1 * s1, 2 * s1 * c1
    c3, s3 = c1 * c2 - s1 * s2, s1 * c2 + c1 * s2
    c4, s4 = c2 * c2 - s2 * s2, 2 * s2 * c2
    terms = ((-0.17, c1, s1, -30), (0.24, c2, s2, 0), (0.32, c3, s3, 6), (-0.20, c4, s4, -63))
    turns = [(weight, cosine, sine, math.radians(degrees)) for weight, cosine, sine, degrees in terms]
    parts = [
        weight * math.cos(turn) * cosine - weight * math.sin(turn) * sine
        for weight, cosine, sine, turn in turns
    ]
    return cast(Floats, 1 + sum(parts))


def _saturated(chroma: NDArray[Any]) -> Floats:
    """sqrt(C⁷ / (C⁷ + 25⁷)) of the formula."""
    seventh = chroma * chroma * chroma
    seventh = seventh * seventh * chroma
    return cast(Floats, np.sqrt(seventh / (seventh + np.float32(CHROMA_PIVOT))))
