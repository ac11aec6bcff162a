"""The CIEDE2000 colour difference."""

import math
from typing import cast

import cv2
import numpy as np

from gates.patch import Floats

SEVENTH = 25.0**7


def lab(rgb: Floats) -> Floats:
    """[..., 3] float32 CIELAB (D65; L* 0..100) of [H, W, 3] float32 sRGB in 0..255."""
    return cast(Floats, cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2Lab))


def ciede2000(one: Floats, other: Floats) -> Floats:
    """[...] ΔE00 between two [..., 3] arrays of CIELAB values.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations", 2005, with k_L = k_C = k_H = 1.
    """
    l1, a1, b1 = np.moveaxis(one.astype(np.float32), -1, 0)
    l2, a2, b2 = np.moveaxis(other.astype(np.float32), -1, 0)
    grey = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _saturated(grey)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    both = c1 * c2 > 0
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    turn = np.where(both, turn, 0.0)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    middle = np.where(both, (h1 + turn / 2) % (2 * np.pi), h1 + h2)
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(middle - math.radians(30))
        + 0.24 * np.cos(2 * middle)
        + 0.32 * np.cos(3 * middle + math.radians(6))
        - 0.20 * np.cos(4 * middle - math.radians(63))
    )
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    blue = math.radians(30) * np.exp(-(((np.degrees(middle) - 275) / 25) ** 2))
    cross = -2 * _saturated(c_mean) * np.sin(2 * blue)
    light, chroma, hue = (l2 - l1) / s_l, (c2 - c1) / s_c, d_hue / s_h
    square = light**2 + chroma**2 + hue**2 + cross * chroma * hue
    return cast(Floats, np.sqrt(np.maximum(square, 0)))


def _saturated(chroma: Floats) -> Floats:
    seventh = chroma * chroma * chroma
    seventh = seventh * seventh * chroma
    return cast(Floats, np.sqrt(seventh / (seventh + np.float32(SEVENTH))))
