"""What the other texts of a photo say of one: four lines of one ink are one caption, or one label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from overlay.classify.features import Features

ALONE = -8.0
"""Said of others where there are none."""
FARTHEST = 8.0
"""Log-odds are cut here."""
NEAR = 1.2
"""Gap between two boxes, in heights of the higher one, up to which they are neighbours."""
SAME_INK = 32.0
"""Levels (Euclidean over RGB) within which two inks are one."""
SAME_HEIGHT = 1.4
"""Ratio of heights up to which two texts are set in one size."""
FLUSH = 0.35
"""Heights by which the left ends, middles or right ends of flush lines differ at most."""


def company(
    quads: Sequence[NDArray[np.float32]],
    inks: Sequence[NDArray[np.float32] | None],
    odds: Sequence[float],
) -> list[Features]:
    """Features of each text by its place among the photo's others.

    Args:
        quads: [4, 2] corners in pixels, one for each text.
        inks: median colour of its letters, RGB in levels; None where there are none.
        odds: log-odds of being an overlay, each by itself.
    """
    said = np.clip(np.asarray(odds, np.float64), -FARTHEST, FARTHEST)
    boxes = np.array([[*quad.min(axis=0), *quad.max(axis=0)] for quad in quads], np.float64).reshape(-1, 4)
    heights = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return [_of(own, said, boxes, heights, inks) for own in range(len(said))]


def _of(
    own: int,
    said: NDArray[np.float64],
    boxes: NDArray[np.float64],
    heights: NDArray[np.float64],
    inks: Sequence[NDArray[np.float32] | None],
) -> Features:
    others = np.arange(len(said)) != own
    tall = np.maximum(heights, heights[own])
    gap = np.maximum(
        np.maximum(boxes[:, 0] - boxes[own, 2], boxes[own, 0] - boxes[:, 2]),
        np.maximum(boxes[:, 1] - boxes[own, 3], boxes[own, 1] - boxes[:, 3]),
    )
    near = others & (gap < NEAR * tall)
    alike = others & np.array([_is_same(inks[own], ink) for ink in inks])
    ratio = tall / np.maximum(np.minimum(heights, heights[own]), 1.0)
    ends = np.stack([boxes[:, 0], boxes[:, 2], (boxes[:, 0] + boxes[:, 2]) / 2], axis=1)
    flush = near & (ratio < SAME_HEIGHT) & (np.abs(ends - ends[own]).min(axis=1) < FLUSH * tall)
    groups = {"others": others, "near": near, "alike": alike, "flush": flush, "kin": alike & near}
    features = {"odds": float(said[own]), "texts": float(len(said))}
    for name, group in groups.items():
        heard = said[group]
        features[f"{name}_most"] = float(heard.max()) if heard.size else ALONE
        features[f"{name}_mean"] = float(heard.mean()) if heard.size else ALONE
        features[f"{name}_least"] = float(heard.min()) if heard.size else ALONE
        features[f"{name}_count"] = float(heard.size)
    return features


def _is_same(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> bool:
    return one is not None and other is not None and float(np.linalg.norm(one - other)) < SAME_INK
