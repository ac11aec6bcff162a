"""The constant blend I = slope B + added that explains ink by its ground, fitted over small places."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 8
"""Pixels along a side of the places at which ink and ground are compared."""
MIN_COUNT = 6
"""Pixels in a place, and places, from which they count."""


@dataclass(frozen=True, eq=False)
class Fit:
    """One slope for the three channels.

    Attributes:
        slope: share of the ground's changes seen in the ink.
        agreement: correlation of ink and ground, -1..1.
        variation: standard deviation of the ground, levels.
        stray: median distance of the ink from the fit, levels in the channel where it is most.
        ink, ground: [3], their means, levels.
    """

    slope: float
    agreement: float
    variation: float
    stray: float
    ink: NDArray[np.float64]
    ground: NDArray[np.float64]


def fitted(
    light: NDArray[np.floating[Any]], ground: NDArray[np.floating[Any]], where: NDArray[np.bool_]
) -> Fit | None:
    """The fit of ``light`` to ``ground`` [h, w, 3], both in levels; None where too little is to see.

    Least squares with Tukey's biweight (Holland and Welsch, 1977) of means over small places, so that grain
    cancels.
    """
    rows, columns = np.nonzero(where)
    place = rows // TILE * light.shape[1] + columns // TILE
    _, place, counts = np.unique(place, return_inverse=True, return_counts=True)
    enough = counts >= MIN_COUNT
    if enough.sum() < MIN_COUNT:
        return None
    ink, under = (_means(part[rows, columns], place, counts)[enough] for part in (light, ground))
    trust = weight = np.sqrt(counts[enough])
    for _ in range(8):
        share = (trust / trust.sum())[:, None]
        ink_mean, ground_mean = (share * ink).sum(axis=0), (share * under).sum(axis=0)
        of_ink, of_ground = ink - ink_mean, under - ground_mean
        varied, inked = float((share * of_ground**2).sum()), float((share * of_ink**2).sum())
        slope = float((share * of_ground * of_ink).sum()) / max(varied, 1e-6)
        wrong = np.abs(of_ink - slope * of_ground).max(axis=1)
        stray = float(np.median(wrong))
        trust = weight * np.maximum(1 - (wrong / (4 * max(2.0, 1.48 * stray))) ** 2, 0) ** 2
    agreement = slope * varied / max(float(np.sqrt(varied * inked)), 1e-6)
    return Fit(slope, agreement, float(np.sqrt(varied / 3)), stray, ink_mean, ground_mean)


def _means(
    colours: NDArray[np.floating[Any]], place: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean colour of each place, [n, 3]."""
    return np.stack([np.bincount(place, channel) for channel in colours.T], axis=1) / counts[:, None]
