"""Smooth fill of a hole by the Laplace equation.

The gradient across the picture's border is 0. The equation is solved from coarse to fine, so that deep holes are as
exact as narrow ones (cascadic multigrid: Bornemann and Deuflhard, "The cascadic multigrid method for elliptic
problems", Numerische Mathematik 75, 1996).
"""

import cv2
import numpy as np

from models.fill.opponent_colour import Hole, Planes

ITERATIONS = 40
"""Number of Jacobi iterations at each size."""
FAR_WEIGHT = 1e-4
"""Weight of pixels that do not touch the hole: they matter only in coarse cells without a rim pixel."""
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def laplace_fill(planes: Planes, hole: Hole) -> Planes:
    """[H, W, 3] float32 ``planes`` with the hole filled; a hole without a rim is filled with 0."""
    rim = (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~hole
    weights = np.where(hole, 0, np.where(rim, 1, FAR_WEIGHT)).astype(np.float32)
    sizes = [(planes * weights[..., None], weights, np.stack([hole, rim], axis=-1).astype(np.float32))]
    while min(sizes[-1][1].shape) > 4 and sizes[-1][2][..., 0].max() > 1 - 1e-3:
        values, weights, shares = (
            np.asarray(cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
            for part in sizes[-1]
        )
        sizes.append((values, weights, shares))
    values, weights, _ = sizes[-1]
    fill = np.zeros_like(values) + values.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-9)
    for values, weights, shares in reversed(sizes):
        fill = np.asarray(cv2.resize(fill, weights.shape[::-1]), np.float32)
        # cells with a rim pixel are fixed; otherwise gradients behind the rim would leak into the hole
        inside = (shares[..., :1] > 0) & (shares[..., 1:] == 0)
        fixed = values / np.maximum(weights, 1e-9)[..., None]
        fill = np.where(inside, fill, fixed)
        for _ in range(ITERATIONS):
            fill = np.where(inside, cv2.filter2D(fill, -1, _CROSS, borderType=cv2.BORDER_REFLECT), fixed)
    return np.where(hole[..., None], fill, planes).astype(np.float32)
