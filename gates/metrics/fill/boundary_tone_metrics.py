"""Figures of how tones and colours inside a fill's edge follow those just outside it."""

import math
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

from gates.metrics.fill.boundary_sampling import CURVES, Planes, Probe, visible_on_curves
from gates.metrics.fill.fill_boundary_metrics import MIN_POINTS, Figures
from gates.metrics.fill.quantile import median, quantiles

LEVEL = 1.0
"""Grey levels added to both sides of a ratio of steps."""
GREY = 3.0
"""Chroma that is added as if grey, so that a nearly grey place has no hue to turn."""
PALE = 2.0
"""Chroma added to both sides of a ratio of chromas."""
NOISE = (4.0, 2.0)
"""Variance, luma and colour, that is taken for noise in a regression: among nothing else there is no slope."""


def tones(planes: Planes, probe: Probe) -> Figures:
    """Figures of the fill's edge and, as ``…_usual``, of what lies next to it further out.

    ``off_luma``, ``off_luma_top``, ``off_colour``: doublings of the steps in luma (median and 90th percentile)
    and colour (median) from the outside to the fill. ``turned_hue``, ``turned_deep``: degrees by which the hues turn
    to the fill's edge and further in. ``slope``, ``colour_slope``: least squares of the fill's luma and colour on
    those outside, 1 where it has their contrast; ``back``, ``back_deep``: of those outside on the fill's, which noise
    in the fill lowers too. ``chroma``: doublings of the mean chroma. Empty where too little of the edge is seen.
    """
    visible = visible_on_curves(planes, probe)
    if visible.sum() < MIN_POINTS:
        return {}
    rows, columns = (part[:, visible] for part in probe.curves)
    value = dict(zip(CURVES, planes.colour[rows, columns].astype(np.float64), strict=True))
    fill, deep, next_to, far = (value[name] for name in ("fill", "deep", "near", "far"))
    hue = {name: part[:, 1] - 128 + 1j * (part[:, 2] - 128) for name, part in value.items()}
    luma, colour = np.s_[:, :1], np.s_[:, 1:]
    steps = [
        quantiles(np.abs(one - other)[:, 0], 0.5, 0.9) for one, other in ((fill, next_to), (next_to, far))
    ]
    colours = np.abs(hue["fill"] - hue["near"]), np.abs(hue["near"] - hue["far"])
    return {
        "off_luma": _doublings(steps[0][0], steps[1][0], LEVEL),
        "off_luma_top": _doublings(steps[0][1], steps[1][1], LEVEL),
        "off_colour": _doublings(median(colours[0]), median(colours[1]), LEVEL),
        "turned_hue": _turn(hue["fill"], hue["near"]),
        "turned_deep": _turn(hue["deep"], hue["near"]),
        "turned_usual": _turn(hue["near"], hue["far"]),
        "slope": _slope(fill[luma], next_to[luma], NOISE[0]),
        "slope_usual": _slope(next_to[luma], far[luma], NOISE[0]),
        "back": _slope(next_to[luma], fill[luma], NOISE[0]),
        "back_deep": _slope(next_to[luma], deep[luma], NOISE[0]),
        "back_usual": _slope(far[luma], next_to[luma], NOISE[0]),
        "colour_slope": _slope(fill[colour], next_to[colour], NOISE[1]),
        "colour_slope_usual": _slope(next_to[colour], far[colour], NOISE[1]),
        "chroma": _doublings(np.abs(hue["fill"]).mean(), np.abs(hue["near"]).mean(), PALE),
        "chroma_usual": _doublings(np.abs(hue["near"]).mean(), np.abs(hue["far"]).mean(), PALE),
    }


def _turn(hue: NDArray[np.complex128], other: NDArray[np.complex128]) -> float:
    return abs(math.degrees(np.angle((hue * other.conj()).sum() + GREY**2 * len(hue))))


def _slope(what: NDArray[np.float64], on: NDArray[np.float64], noise: float) -> float:
    what, on = what - what.mean(axis=0), on - on.mean(axis=0)
    return float((what * on).sum() / ((on * on).sum() + noise * len(on)))


def _doublings(ours: SupportsFloat, theirs: SupportsFloat, floor: float) -> float:
    return math.log2((float(ours) + floor) / (float(theirs) + floor))
