"""Features of a fill's surroundings that its other figures depend on: depth of the hole, texture, contrast."""

import math
from typing import cast

import cv2
import numpy as np

from gates.metrics.fill.boundary_sampling import Planes, Points, Probe
from gates.metrics.fill.fill_boundary_metrics import CALM, GRAIN_FLOOR, MIN_POINTS, Figures
from gates.metrics.fill.quantile import quantiles
from gates.patch import Floats, Patch

MIXED = (0.95, 0.25)
"""Quantiles of local strength between which surroundings are even or mixed."""
NAMES = ("fine", "middle", "coarse")


def context(patch: Patch, planes: Planes, probe: Probe) -> Figures:
    """Figures of one fill and its ring that are no fault by themselves.

    ``depth``: log2 of the most pixels from an untouched one. ``busy_…``: log2 of the median strength of a
    band of texture (grey levels) in the ring; ``top_…``: doublings of its 95th percentile, fill over ring, which
    edges make and grain does not; ``mixed``: doublings between strong and calm places of the ring, ``levelled``: how
    many of them the fill lacks. ``tones``: log2 of the ring's standard deviation of luma, ``tones_lost``: halvings
    of it. ``directed``: coherence of the structure tensor (Bigün and Granlund, 1987) in the ring, 0..1,
    ``turned``: what of the ring's double-angle direction the fill's lacks.
    """
    depth = float(cv2.distanceTransform(patch.inside.astype(np.uint8), cv2.DIST_L2, 3).max())
    figures: Figures = {"depth": math.log2(1 + depth)}
    inner, outer = probe.inner, probe.outer
    untouched = planes.mask[outer] == 0
    if untouched.sum() < MIN_POINTS:
        return figures
    ours, theirs = (_at(planes.strength, spot, untouched) ** 2 for spot in (inner, outer))
    (tops, *_), (others, middle) = quantiles(ours.T, 0.95), quantiles(theirs.T, 0.95, 0.5)
    for band, name in enumerate(NAMES):
        figures[f"busy_{name}"] = math.log2(float(middle[band]) + CALM)
        figures[f"top_{name}"] = _doublings(float(tops[band]), float(others[band]))
    spans = [_doublings(*quantiles(values[:, 1], *MIXED)) for values in (ours, theirs)]
    figures |= {"mixed": spans[1], "levelled": spans[1] - spans[0]}
    tones = [float(_at(planes.colour, spot, untouched)[:, 0].std()) for spot in (inner, outer)]
    figures |= {"tones": math.log2(tones[1] + CALM), "tones_lost": _doublings(tones[1], tones[0])}
    return figures | _directions(patch)


def _directions(patch: Patch) -> Figures:
    smooth = cv2.blur(patch.after_luma, (3, 3))
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *order, scale=0.25) for order in ((1, 0), (0, 1)))
    both = []
    for where in (patch.solid, patch.ring):
        x, y = dx[where], dy[where]
        power = float((x * x + y * y).sum()) + len(x)
        both.append(complex(float((x * x - y * y).sum()), 2 * float((x * y).sum())) / power)
    return {"directed": abs(both[1]), "turned": abs(both[1] - both[0])}


def _at(plane: Floats, spot: Points, untouched: np.ndarray) -> Floats:
    return cast(Floats, plane[spot[0][untouched], spot[1][untouched]])


def _doublings(ours: float, theirs: float) -> float:
    return math.log2((ours + GRAIN_FLOOR) / (theirs + GRAIN_FLOOR))
