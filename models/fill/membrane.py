"""A soap film over a hole: the smoothest surface that meets its rim.

Laplace's equation, with no slope at the picture's own border: a hole that reaches it is continued as it
enters. Solved from coarse to fine, so that deep holes come out as exactly as narrow ones (cascadic
multigrid: Bornemann and Deuflhard, "The cascadic multigrid method for elliptic problems", Numerische
Mathematik 75, 1996).
"""

import cv2
import numpy as np

from models.fill.planes import Hole, Planes

ROUNDS = 20
"""Of Jacobi's at each size."""
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def membrane(planes: Planes, hole: Hole) -> Planes:
    """``planes`` with the hole filled; a hole without any rim is filled with nought."""
    known = (~hole).astype(np.float32)
    sizes: list[tuple[Planes, Planes]] = [(planes * known[..., None], known)]
    while min(sizes[-1][1].shape) > 4 and sizes[-1][1].min() < 1e-3:
        values, weights = (
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for part in sizes[-1]
        )
        sizes.append((np.asarray(values, np.float32), np.asarray(weights, np.float32)))
    values, weights = sizes[-1]
    film = np.zeros_like(values) + values.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-6)
    for values, weights in reversed(sizes):
        film = np.asarray(cv2.resize(film, weights.shape[::-1]), np.float32)
        inside = (weights < 0.5)[..., None]
        rim = values / np.maximum(weights, 1e-6)[..., None]
        for _ in range(ROUNDS):
            film = np.where(inside, film, rim)
            film = cv2.filter2D(film, -1, _CROSS, borderType=cv2.BORDER_REFLECT)
    return np.where(hole[..., None], film, planes).astype(np.float32)
