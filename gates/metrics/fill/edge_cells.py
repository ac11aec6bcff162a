"""Figures of a fill's edge from the means of small cells: texture averages out within a cell, a fault does not."""

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
MAX_DISTANCE = 16
"""Maximum distance from the edge that is sampled (pixels)."""
CELL = 16
"""Side of a cell in pixels: enough to hold bands of both sides of an edge, the feather between them too."""
GREY = np.array((0, 128, 128), np.float32)
"""Offset of luma and of the two colour differences: a grey pixel has colour differences of 128."""
MIN_BAND_PIXELS = 8
"""Minimum pixels of a band in a cell for its mean to count."""
MIN_CELLS = 6
"""Minimum cells for a figure."""
LEVEL = 1.0
"""Grey levels added to both sides of a ratio of steps."""
COLOURED = 5.0
"""Minimum chroma for a cell to have a hue (levels of Y'CbCr)."""
NOISE = 2.0
"""Variance attributed to noise in a regression (levels squared)."""
TOP = 0.85
"""Quantile of the ``…_top`` figures."""
MOSTLY = 0.2
"""Quantile that stands for the whole edge: four in five cells exceed it."""


NO_BAND = 255
"""Sentinel: the pixel belongs to no band."""


def _bands() -> NDArray[np.uint8]:
    """[256] number of the band at each whole distance from -REACH on; the table that ``cv2.LUT`` asks for."""
    numbers = np.full(256, NO_BAND, np.uint8)
    for number, (low, high) in enumerate(INSIDE):
        numbers[MAX_DISTANCE - high : MAX_DISTANCE - low] = number
    for number, (low, high) in enumerate(OUTSIDE, len(INSIDE)):
        numbers[MAX_DISTANCE + low + 1 : MAX_DISTANCE + high + 1] = number
    return numbers


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
    is_covered = dict(zip(BANDS, count.T >= MIN_BAND_PIXELS, strict=True))
    crossing = is_covered["fill"] & is_covered["near"]
    outer = is_covered["near"] & is_covered["further"]
    if min(np.count_nonzero(crossing), np.count_nonzero(outer)) < MIN_CELLS:
        return {}
    step = (mean["fill"] - mean["near"])[crossing]
    usual = (mean["near"] - mean["further"])[outer]
    figures = _steps(step, usual)
    for name, part in (("shift", np.s_[:]), ("tint", np.s_[1:])):
        figures |= _shift(step[:, part], f"cell_{name}") | _shift(usual[:, part], f"cell_{name}_usual")
    inner = is_covered["deep"] & is_covered["fill"]
    if np.count_nonzero(inner) >= MIN_CELLS:
        inward = (mean["deep"] - mean["fill"])[inner, 0]
        figures["cell_inner"] = _doublings(_typical(step[:, 0]), _typical(inward))
    at_rim, beyond = crossing & is_covered["rim"], outer & is_covered["far"]
    if min(np.count_nonzero(at_rim), np.count_nonzero(beyond)) >= MIN_CELLS:
        line = (mean["rim"] - (mean["fill"] + mean["near"]) / 2)[at_rim]
        natural = (mean["far"] - (mean["near"] + mean["further"]) / 2)[beyond]
        figures |= _shift(line, "cell_line") | _shift(natural, "cell_line_usual")
    figures |= _hue(mean["fill"][crossing], mean["near"][crossing])
    slope, rest = _slope(mean["fill"][crossing, 0], mean["near"][crossing, 0])
    slope_usual, rest_usual = _slope(mean["near"][outer, 0], mean["further"][outer, 0])
    return figures | {
        "cell_slope": slope, "cell_slope_usual": slope_usual, "cell_rest": _doublings(rest, rest_usual),
    }  # fmt: skip


def _cells(patch: Patch) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[cells, 6, 3] sums of luma and both colour differences around 0, [cells, 6] pixels, of two grids."""
    within = cv2.distanceTransform(patch.solid.astype(np.uint8), cv2.DIST_L2, 3)
    # whole pixels from the edge, negative within the fill: the bands' ends are whole
    outward, inward = (
        np.ceil(np.minimum(one, MAX_DISTANCE)).astype(np.uint8) for one in (patch.distance, within)
    )
    band = cv2.LUT(outward + (MAX_DISTANCE - inward), _BAND)
    rows, columns = np.nonzero(band != NO_BAND)
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
    figures = {}
    for name, (ours, theirs) in (("cell_step", lumas), ("cell_colour", colours)):
        mine, other = (quantiles(part, 0.5, TOP) for part in (ours, theirs))
        figures[name], figures[f"{name}_top"] = (_doublings(*both) for both in zip(mine, other, strict=True))
    return figures


def _shift(steps: NDArray[np.float64], name: str) -> Figures:
    """What most of ``steps`` [N, 3 or 2] have in common along their median, and how sure their mean is."""
    (way,) = quantiles(steps.T, 0.5)
    along = steps @ (way / (np.linalg.norm(way) + 1e-6))
    low, middle = quantiles(along, MOSTLY, 0.5)
    sure = along.mean() / (along.std() + LEVEL / 2) * math.sqrt(len(along))
    return {name: float(low), f"{name}_mid": float(middle), f"{name}_sure": float(sure)}


def _hue(fill: NDArray[np.float64], near_band: NDArray[np.float64]) -> Figures:
    ours, theirs = (part[:, 1] + 1j * part[:, 2] for part in (fill, near_band))
    both = np.minimum(np.abs(ours), np.abs(theirs)) > COLOURED
    if np.count_nonzero(both) < MIN_CELLS:
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
