"""A soap film over a hole: the smoothest surface that meets its rim.

Laplace's equation, with no slope at the picture's own border: a hole that reaches it is continued as it
enters. Solved from coarse to fine, so that deep holes come out as exactly as narrow ones (cascadic
multigrid: Bornemann and Deuflhard, "The cascadic multigrid method for elliptic problems", Numerische
Mathematik 75, 1996).
"""

import cv2
import numpy as np

from models.fill.opponent_colour import Hole, Planes

ROUNDS = 40
"""Of Jacobi's at each size."""
FAR = 1e-4
"""Weight of ground that does not meet the hole: it colours only coarse cells without any rim."""
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def membrane(planes: Planes, hole: Hole) -> Planes:
    """``planes`` with the hole filled; a hole without any rim is filled with nought."""
    rim = (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~hole
    weights = np.where(hole, 0, np.where(rim, 1, FAR)).astype(np.float32)
    sizes = [(planes * weights[..., None], weights, np.stack([hole, rim], axis=-1).astype(np.float32))]
    while min(sizes[-1][1].shape) > 4 and sizes[-1][2][..., 0].max() > 1 - 1e-3:
        values, weights, shares = (
            np.asarray(cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
            for part in sizes[-1]
        )
        sizes.append((values, weights, shares))
    values, weights, _ = sizes[-1]
    film = np.zeros_like(values) + values.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-9)
    for values, weights, shares in reversed(sizes):
        film = np.asarray(cv2.resize(film, weights.shape[::-1]), np.float32)
        # what holds a piece of the rim is held by it, or steep ground behind the rim would leak in
        inside = (shares[..., :1] > 0) & (shares[..., 1:] == 0)
        held = values / np.maximum(weights, 1e-9)[..., None]
        film = np.where(inside, film, held)
        for _ in range(ROUNDS):
            film = np.where(inside, cv2.filter2D(film, -1, _CROSS, borderType=cv2.BORDER_REFLECT), held)
    return np.where(hole[..., None], film, planes).astype(np.float32)
