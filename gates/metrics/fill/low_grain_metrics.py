"""Figures of the finest detail in the calmest parts of a fill, where missing grain shows first."""

import math

import cv2
import numpy as np

from gates.metrics.fill.boundary_sampling import MIN_DISTANCE, Planes, Probe
from gates.metrics.fill.fill_boundary_metrics import MIN_POINTS, Figures
from gates.metrics.fill.quantile import median, quantiles
from gates.metrics.texture.grain import SECOND_DERIVATIVE
from gates.patch import Patch

FLOOR = 0.1
"""Grey levels added to both sides of a ratio: well below the rounding of a picture to levels."""


def stillness(patch: Patch, planes: Planes, probe: Probe) -> Figures:
    """Figures of the finest detail, of the whole fill against its ring and of pairs of neighbours.

    ``still_1``, ``still_2``: share of pixels with a second difference (Immerkær's operator) of at most one and two
    levels, less the ring's; ``still_ring``: the ring's at one. ``calm_fine``, ``calmer_fine``: doublings of the 25th
    and 10th percentile of the finest band. ``pair_…``: the median (``…_low_…``: the 10th or 25th percentile)
    of doublings from a pixel of the surroundings to one of the fill, by band. ``shape_low``, ``shape_high``: doublings
    of the finest band over the next, 25th and 75th percentile.
    """
    response = np.abs(cv2.sepFilter2D(patch.after_luma, cv2.CV_32F, SECOND_DERIVATIVE, SECOND_DERIVATIVE))
    core = cv2.erode(patch.solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ring = patch.ring & (patch.distance > MIN_DISTANCE - 1)
    inner, outer = probe.inner, probe.outer
    untouched = planes.mask[outer] == 0
    if min(np.count_nonzero(core), np.count_nonzero(ring), np.count_nonzero(untouched)) < MIN_POINTS:
        return {}
    inside, around = response[core], response[ring]
    ours, theirs = (
        planes.strength[rows[untouched], columns[untouched]].T ** 2 for rows, columns in (inner, outer)
    )
    low = [quantiles(part[0], 0.1, 0.25) for part in (ours, theirs)]
    change = np.log2((ours + FLOOR) / (theirs + FLOOR))
    fine = quantiles(change[0], 0.1, 0.5)
    middle = quantiles(change[1], 0.25, 0.5)
    shapes = [np.log2((part[0] + FLOOR) / (part[1] + 2 * FLOOR)) for part in (ours, theirs)]
    shape = quantiles(shapes[0], 0.25, 0.75) - quantiles(shapes[1], 0.25, 0.75)
    return {
        "still_1": float((inside <= 1).mean() - (around <= 1).mean()),
        "still_2": float((inside <= 2).mean() - (around <= 2).mean()),
        "still_ring": float((around <= 1).mean()),
        "calmer_fine": math.log2((low[0][0] + FLOOR) / (low[1][0] + FLOOR)),
        "calm_fine": math.log2((low[0][1] + FLOOR) / (low[1][1] + FLOOR)),
        "pair_low_fine": float(fine[0]),
        "pair_fine": float(fine[1]),
        "pair_low_middle": float(middle[0]),
        "pair_middle": float(middle[1]),
        "pair_coarse": median(change[2]),
        "shape_low": float(shape[0]),
        "shape_high": float(shape[1]),
    }
