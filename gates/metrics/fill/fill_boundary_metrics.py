"""Figures of a fill against its surroundings: steps at its edge, and the change of texture."""

import math
from typing import TypeAlias

import numpy as np

from gates.metrics.fill.boundary_sampling import (
    CURVES,
    PASSING,
    Planes,
    Points,
    Probe,
    clipped,
    visible,
    visible_on_curves,
)
from gates.metrics.fill.quantile import quantiles
from gates.patch import Bools, Floats

Figures: TypeAlias = dict[str, float]

USUAL = {
    "step": 1.0, "rim": 0.5, "ragged": 0.37, "broken": 0.26, "unlinked": 0.14, "crossing": 0.15, "-crossing": 0.2,
    "grain": 0.12, "-grain": 0.12, "detail": 0.21, "-detail": 0.23, "coarse": 0.29, "-coarse": 0.32,
}  # fmt: skip
"""Usual figures of a good fill: the mean over photos plus one standard deviation."""
SIDED = frozenset({"ragged", "crossing", "-crossing", "grain", "-grain", "detail", "-detail", "coarse"})
PAIRED = ("grain", "detail", "coarse")
MIN_POINTS = 80
"""Minimum points for a figure."""
CALM = 1.0
"""Grey levels added to both sides of a ratio of steps: on a calm ground nothing can break."""
GRAIN_FLOOR = 0.7
"""Grey levels added to both sides of a ratio of strengths."""
CLUMP = 9.4
"""Factor for the variance of a median: π / 2, times about six neighbouring points that are not independent."""


def edge_figures(planes: Planes, probe: Probe) -> Figures:
    """The figures of the edge; those for which too few points can be seen there are left out.

    The figures of :data:`SIDED` are the least over the sides (above, below, left, right) that have points
    enough: what is wrong with a fill shows on all sides, an outline of the product that runs along it on one.

    Sampled on curves inside and outside of it: ``step`` and ``rim``, grey levels that
    the whole edge steps by, to the fill and to its outermost pixels (the boundary mismatch of Pérez et al.,
    "Poisson image editing", 2003, by medians: natural edges cross here and there with either
    sign); ``ragged``, doublings of what breaks across the edge (the seam cost of Kwatra et al.,
    "Graphcut textures", 2003, normalised by the surroundings), and ``broken``, of what breaks between
    differences along it; ``unlinked``, the correlation of these that is missing; ``crossing``,
    doublings of their strength.
    """
    rows, columns = probe.curves
    shown = visible_on_curves(planes, probe)
    if shown.sum() < MIN_POINTS:
        return {}
    value = dict(zip(CURVES, planes.colour[rows[:, shown], columns[:, shown]], strict=True))
    outside = (value["near"] - 2 * value["far"] + value["further"])[:, 0]
    rows, columns = clipped(planes, probe.passing)
    ahead, behind = planes.colour[rows[..., shown], columns[..., shown], 0]
    along = dict(zip(PASSING, ahead - behind, strict=True))
    across = (value["fill"] - 2 * value["near"] + value["far"])[:, 0]
    by_side = []
    for side in _sides(probe.away_x[shown], probe.away_y[shown]):
        crossing = _doublings(_typical(along["rim"][side]), _typical(along["near"][side]))
        ragged = _doublings(_typical(across[side]), _typical(outside[side]))
        by_side.append({"ragged": ragged, "crossing": crossing, "-crossing": -crossing})
    ways = (("fill", "near"), ("deep", "near"), ("rim", "near"), ("rim", "deep"), ("near", "far"))
    step, deep, rim, rim_deep = _common(np.stack([value[one] - value[other] for one, other in ways]))
    return _least(by_side) | {
        "step": max(step, deep),
        "rim": max(rim, rim_deep),
        "broken": _doublings(_typical(along["fill"] - along["near"]), _typical(along["near"] - along["far"])),
        "unlinked": _link(along["near"], along["far"]) - _link(along["fill"], along["near"]),
    }


def beyond_usual(planes: Planes, probe: Probe) -> Figures:
    """The figures of a fill's edge and of its pairs, less what good fills show (:data:`USUAL`).

    Figures named ``-…`` are of what is missing.
    """
    figures = edge_figures(planes, probe) | pair_figures(planes, probe)
    return {name: figures[name] - usual for name, usual in USUAL.items() if name in figures}


def pair_figures(planes: Planes, probe: Probe) -> Figures:
    """``grain``, ``detail``, ``coarse``: doublings of three bands from the surroundings to the fill, in pairs of a
    pixel of the fill with the nearest outside; ``-…`` are halvings. The least over the sides that have pairs enough.
    """
    inner, outer = probe.inner, probe.outer
    shown = visible(planes, outer, solid=False) & visible(planes, inner, solid=True)
    if shown.sum() < MIN_POINTS:
        return {}
    theirs = _at(planes.strength, outer, shown) ** 2
    ours = _at(planes.strength, inner, shown) ** 2
    change = np.log2((ours + GRAIN_FLOOR) / (theirs + GRAIN_FLOOR))
    sides = _sides((outer[1] - inner[1])[shown], (outer[0] - inner[0])[shown])
    by_side = [_of_pairs(change[side]) for side in sides] if len(sides) > 1 else []
    return _of_pairs(change) | _least(by_side)


def _of_pairs(change: Floats) -> Figures:
    middle = dict(zip(PAIRED, map(float, quantiles(change.T, 0.5)[0]), strict=True))
    return middle | {f"-{name}": -value for name, value in middle.items()}


def _sides(dx: np.ndarray, dy: np.ndarray) -> list[Bools]:
    """Which points have what is outside above, below, left or right of them; all together where few do."""
    flat = np.abs(dx) > np.abs(dy)
    quarters = [flat & (dx > 0), flat & (dx < 0), ~flat & (dy > 0), ~flat & (dy < 0)]
    enough = [side for side in quarters if side.sum() >= max(MIN_POINTS, len(side) / 8)]
    return enough or [np.ones(len(dx), np.bool_)]


def _least(by_side: list[Figures]) -> Figures:
    return {
        name: min(figures[name] for figures in by_side)
        for name in (by_side[0] if by_side else ())
        if name in SIDED
    }


def _at(plane: Floats, spot: Points, shown: Bools) -> Floats:
    return plane[spot[0][shown], spot[1][shown]]


def _common(steps: Floats) -> list[float]:
    """Grey levels that all steps of a kind have in common, beyond what the last kind's have and beyond chance.

    Args:
        steps: [kinds, N, 3]; the last kind are the natural ones.
    """
    planes = np.ascontiguousarray(np.swapaxes(steps, 1, 2))
    (middle,) = quantiles(planes, 0.5)
    deviation = 1.4826 * quantiles(np.abs(planes - middle[..., None]), 0.5)[0]
    chance = 3 * deviation * math.sqrt(CLUMP / planes.shape[2])
    beyond = np.maximum(0, np.abs(middle) - np.abs(middle[-1]) - chance)
    return [float(np.linalg.norm(kind)) for kind in beyond[:-1]]


def _typical(values: Floats) -> float:
    """The square of the mean root: one strong natural edge must not speak for all."""
    return float(np.sqrt(np.abs(values)).mean()) ** 2


def _doublings(ours: float, theirs: float) -> float:
    return math.log2((ours + CALM) / (theirs + CALM))


def _link(one: Floats, other: Floats) -> float:
    """Correlation, less where there is nothing but noise to correlate."""
    power = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / (power + 30 * len(one))
