"""A soap film over a hole: the smoothest surface that meets its rim."""

import cv2
import numpy as np

from models.fill.planes import Hole, Planes

ROUNDS = 40
_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def membrane(planes: Planes, hole: Hole) -> Planes:
    """``planes`` with the hole filled by averages from coarse to fine, then Jacobi's rounds for Laplace."""
    known = (~hole).astype(np.float32)
    levels: list[tuple[Planes, Planes]] = [(planes * known[..., None], known)]
    while min(levels[-1][1].shape) > 2 and levels[-1][1].min() < 1e-3:
        values, weights = (np.asarray(cv2.pyrDown(part), np.float32) for part in levels[-1])
        levels.append((values, weights))
    values, weights = levels[-1]
    film = values / np.maximum(weights, 1e-6)[..., None]
    for values, weights in levels[-2::-1]:
        wide = cv2.pyrUp(film, dstsize=weights.shape[::-1])
        film = values + wide * (1 - weights[..., None])
    film = np.where(hole[..., None], film, planes)
    for _ in range(ROUNDS):
        film = np.where(hole[..., None], cv2.filter2D(film, -1, _CROSS), planes)
    return film.astype(np.float32)
