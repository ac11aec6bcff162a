"""What the edge of a fill shows cell by cell: texture averages out within a cell, a fault does not."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.fill.fill_boundary_metrics import Figures
from gates.metrics.fill.quantile import median, quantiles
from gates.patch import Patch

BANDS = ("deep", "fill", "rim", "near", "far", "further")
INSIDE = ((6, 12), (2, 6), (0, 2))
"""Pixels from the end of the solid fill inwards, for the first three bands; one end open, the other closed."""
OUTSIDE = ((1, 4), (4, 8), (8, 14))
"""Pixels from the mask outwards, for the others; the first one may be blurred into."""
REACH = 16
"""Pixels from the edge beyond which nothing is looked at."""
CELL = 16
"""Side of a cell in pixels: enough to hold bands of both sides of an edge, the feather between them too."""
GREY = np.array((0, 128, 128), np.float32)
"""Luma and colour differences of what has no colour, but for its luma."""
LEAST = 8
"""Pixels of a band that a cell must hold to speak of it."""
FEWEST = 6
"""Fewer cells than this say nothing."""
LEVEL = 1.0
"""Grey levels added to both sides of a ratio of steps."""
COLOURED = 5.0
"""Chroma (of Y'CbCr, levels) from which a cell has a hue."""
NOISE = 2.0
"""Variance that is taken for noise in a regression."""
TOP = 0.85
MOSTLY = 0.2
"""Quantile: what four in five cells exceed, the whole edge has."""


NONE = 255
"""Number of no band."""


def _bands() -> NDArray[np.uint8]:
    """[256] number of the band at each whole distance from -REACH on; the table that ``cv2.LUT`` asks for."""
    found = np.full(256, NONE, np.uint8)
    for number, (low, high) in enumerate(INSIDE):
        found[REACH - high : REACH - low] = number
    for number, (low, high) in enumerate(OUTSIDE, len(INSIDE)):
        found[REACH + low + 1 : REACH + high + 1] = number
    return found


_BAND = _bands()


def edge_cells(patch: Patch) -> Figures:
    """Figures of bands along the edge, averaged over cells of a grid; ``…_usual`` are of bands outside.

    ``cell_step``, ``cell_step_top``, ``cell_colour``, ``cell_colour_top``: doublings of the steps from the outside
    to the fill (luma and colour, median and 85th percentile over the cells) over those further out; ``cell_inner``:
    the same over those within the fill. In levels that nearly all cells have in common (``…_mid``: half of them;
    ``…_sure``: the mean in standard errors): ``cell_shift``, the step to the fill; ``cell_tint``, the same in colour
    alone, which texture has less of; ``cell_line``, what its outermost pixels stand out by; ``cell_hue``, colour that
    hues turn by, and in degrees ``cell_hue_turn``. ``cell_slope``: least squares of the fill's luma on the outside's,
    ``cell_rest``: doublings of what that leaves.
    """
    sums, count = _cells(patch)
    mean = dict(zip(BANDS, np.moveaxis(sums / np.maximum(count, 1)[..., None], 1, 0), strict=True))
    known = dict(zip(BANDS, count.T >= LEAST, strict=True))
    crossing = known["fill"] & known["near"]
    outer = known["near"] & known["further"]
    if min(np.count_nonzero(crossing), np.count_nonzero(outer)) < FEWEST:
        return {}
    step = (mean["fill"] - mean["near"])[crossing]
    usual = (mean["near"] - mean["further"])[outer]
    found = _steps(step, usual)
    for name, part in (("shift", np.s_[:]), ("tint", np.s_[1:])):
        found |= _shift(step[:, part], f"cell_{name}") | _shift(usual[:, part], f"cell_{name}_usual")
    inner = known["deep"] & known["fill"]
    if np.count_nonzero(inner) >= FEWEST:
        inward = (mean["deep"] - mean["fill"])[inner, 0]
        found["cell_inner"] = _doublings(_typical(step[:, 0]), _typical(inward))
    at_rim, beyond = crossing & known["rim"], outer & known["far"]
    if min(np.count_nonzero(at_rim), np.count_nonzero(beyond)) >= FEWEST:
        line = (mean["rim"] - (mean["fill"] + mean["near"]) / 2)[at_rim]
        natural = (mean["far"] - (mean["near"] + mean["further"]) / 2)[beyond]
        found |= _shift(line, "cell_line") | _shift(natural, "cell_line_usual")
    found |= _hue(mean["fill"][crossing], mean["near"][crossing])
    slope, rest = _slope(mean["fill"][crossing, 0], mean["near"][crossing, 0])
    slope_usual, rest_usual = _slope(mean["near"][outer, 0], mean["further"][outer, 0])
    return found | {
        "cell_slope": slope, "cell_slope_usual": slope_usual, "cell_rest": _doublings(rest, rest_usual),
    }  # fmt: skip


def _cells(patch: Patch) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[cells, 6, 3] sums of luma and both colour differences around 0, [cells, 6] pixels, of two grids."""
    within = cv2.distanceTransform(patch.solid.astype(np.uint8), cv2.DIST_L2, 3)
    # whole pixels from the edge, negative within the fill: the bands' ends are whole
    outward, inward = (np.ceil(np.minimum(one, REACH)).astype(np.uint8) for one in (patch.distance, within))
    band = cv2.LUT(outward + (REACH - inward), _BAND)
    rows, columns = np.nonzero(band != NONE)
    bands = band[rows, columns]
    colours = cv2.cvtColor(patch.after[rows, columns][None], cv2.COLOR_RGB2YCrCb)[0] - GREY
    half = CELL // 2
    # an even number of halves each way, and one of margin on both sides: both grids are made of the same quarters
    tall, wide = (2 * (side // CELL + 2) for side in patch.mask.shape)
    key = ((rows // half + 1) * wide + columns // half + 1) * len(BANDS) + bands
    size = tall * wide * len(BANDS)
    parts = [np.bincount(key, minlength=size)]
    parts += [np.bincount(key, weights=colours[:, part], minlength=size) for part in range(3)]
    quarters = np.stack(parts, axis=-1).reshape(tall, wide, len(BANDS), 4)
    grids = [
        quarters[start : tall - start, start : wide - start]
        .reshape(tall // 2 - start, 2, wide // 2 - start, 2, len(BANDS), 4)
        .sum(axis=(1, 3))
        .reshape(-1, len(BANDS), 4)
        for start in (0, 1)
    ]
    both = np.concatenate(grids)
    return both[..., 1:], both[..., 0].astype(np.int64)


def _steps(step: NDArray[np.float64], usual: NDArray[np.float64]) -> Figures:
    lumas = np.abs(step[:, 0]), np.abs(usual[:, 0])
    colours = np.hypot(step[:, 1], step[:, 2]), np.hypot(usual[:, 1], usual[:, 2])
    found = {}
    for name, (ours, theirs) in (("cell_step", lumas), ("cell_colour", colours)):
        mine, other = (quantiles(part, 0.5, TOP) for part in (ours, theirs))
        found[name], found[f"{name}_top"] = (_doublings(*both) for both in zip(mine, other, strict=True))
    return found


def _shift(steps: NDArray[np.float64], name: str) -> Figures:
    """What most of ``steps`` [N, 3 or 2] have in common along their median, and how sure their mean is."""
    (way,) = quantiles(steps.T, 0.5)
    along = steps @ (way / (np.linalg.norm(way) + 1e-6))
    low, middle = quantiles(along, MOSTLY, 0.5)
    sure = along.mean() / (along.std() + LEVEL / 2) * math.sqrt(len(along))
    return {name: float(low), f"{name}_mid": float(middle), f"{name}_sure": float(sure)}


def _hue(fill: NDArray[np.float64], near: NDArray[np.float64]) -> Figures:
    ours, theirs = (part[:, 1] + 1j * part[:, 2] for part in (fill, near))
    both = np.minimum(np.abs(ours), np.abs(theirs)) > COLOURED
    if np.count_nonzero(both) < FEWEST:
        return {"cell_hue": 0.0, "cell_hue_mid": 0.0, "cell_hue_turn": 0.0}
    ours, theirs = ours[both], theirs[both]
    turn = np.angle(ours * theirs.conj())
    turn *= np.sign(median(turn))
    off = 2 * np.sin(turn / 2) * np.sqrt(np.abs(ours * theirs))
    low, middle = quantiles(off, MOSTLY, 0.5)
    return {
        "cell_hue": float(low), "cell_hue_mid": float(middle),
        "cell_hue_turn": math.degrees(float(quantiles(turn, MOSTLY)[0])),
    }  # fmt: skip


def _slope(what: NDArray[np.float64], on: NDArray[np.float64]) -> tuple[float, float]:
    """Slope, and the median of what is left."""
    what, on = what - what.mean(), on - on.mean()
    slope = float((what * on).sum() / ((on * on).sum() + NOISE * len(on)))
    return slope, _typical(what - slope * on)


def _typical(values: NDArray[np.float64]) -> float:
    return median(np.abs(values))


def _doublings(ours: float, theirs: float) -> float:
    return math.log2((ours + LEVEL) / (theirs + LEVEL))
