"""Residuals between each pixel of a fill and its most similar pixel of the surroundings."""

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.metrics.fill.boundary_sampling import MIN_DISTANCE, Planes, Points, Probe, visible_on_curves
from gates.metrics.fill.fill_boundary_metrics import MIN_POINTS, Figures
from gates.metrics.fill.quantile import median, quantiles
from gates.patch import RING, Floats, Patch

MAX_PIXELS = 400
"""Maximum pixels of the fill, and of its surroundings; evenly spread."""
MAX_EDGE_POINTS = 800
"""Maximum points along the edge."""
DISTANCE_WEIGHT = 0.25
"""Weight of a pixel of distance in the search for a match (levels)."""
CHROMA_WEIGHT = 2.0
"""Weight of a level of colour relative to one of luma."""
MIN_CHROMA = 6.0
"""Minimum chroma for a pixel to have a hue (levels of Y'CbCr)."""
CHROMA_OFFSET = 3.0
"""Chroma of grey that is added before angles are measured, so that nearly grey pixels hardly count (levels)."""
MIN_INK_CONTRAST = 24.0
"""Minimum contrast between ink and a colour for ink to be measured there (levels)."""
INK_QUANTILE = 0.95
"""Quantile of the change above which a pixel counts as ink."""
MIN_PIXELS = 12
"""Minimum pixels of a kind for a figure."""
STRENGTH_OFFSET = 0.2
"""Grey levels added to both sides of a ratio of strengths."""
OFFSETS = (3, 6, 9, 13, 17)
"""Distances by which a fill is moved, to see whether its lines then run on (pixels)."""
DIRECTIONS = 12
"""Number of directions in which it is moved."""
MAX_STEP = 48.0
"""Cap of a step (levels): beyond it, another object begins."""
STEP_OFFSET = 2.0
"""Levels added to both sides of a ratio of steps."""


def nearest_texture_residuals(patch: Patch, planes: Planes, probe: Probe) -> Figures:
    """Residuals of a fill against its surroundings; each as ``…_usual`` too: the surroundings against themselves.

    Each pixel of the fill is compared with its match, the pixel of the surroundings that is nearest in some of luma,
    colour and place; what remains in the others is what is wrong with the fill on that surface, whatever else the
    mask covers.

    Matches by luma, colour and place: ``kin_off`` and ``kin_off_mid`` (distance in levels, median and 75th
    percentile), ``kin_drift`` (the part that all pixels share), ``inked`` (share of the way from the match to the ink,
    signed), ``kin_grain``, ``kin_grain_low`` and ``kin_detail`` (halvings of the strength, median and 25th percentile).
    Matches by luma, chroma and place: ``kin_hue`` (degrees, median), ``kin_hue_mean`` (weighted by chroma),
    ``kin_hue_levels`` (the same as a difference of chroma), ``kin_coloured`` (share of pixels with a hue). Matches by
    colour and place give ``kin_light``, by luma and place ``kin_tint``: levels that all pixels share.

    ``moved``: halvings of the steps across the edge if the fill were moved to its best place; a fill in the right
    place gains nothing.
    """
    return _surfaces(patch, planes) | _moved(planes, probe)


def _surfaces(patch: Patch, planes: Planes) -> Figures:
    """The fill against the ring around it; as ``…_usual`` the ring's inner half against its outer half."""
    core = cv2.erode(patch.solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ring = patch.ring & (patch.distance > MIN_DISTANCE - 1)
    inner_ring, outer_ring = ring & (patch.distance <= RING / 2 + 1), ring & (patch.distance > RING / 2 + 2)
    parts = [np.nonzero(where) for where in (core, ring, inner_ring, outer_ring)]
    if min(len(rows) for rows, _ in parts) < MIN_POINTS:
        return {}
    fill, around, close, further = (_sampled(patch, planes, rows, columns) for rows, columns in parts)
    ink = _ink(patch)
    usual = _residuals(close, further, ink)
    return _residuals(fill, around, ink) | {f"{name}_usual": value for name, value in usual.items()}


def _sampled(patch: Patch, planes: Planes, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """[N, 7] luma, both colour differences around 0, the place in levels, strength of grain and of detail."""
    every = np.s_[:: math.ceil(len(rows) / MAX_PIXELS)]
    rows, columns = rows[every], columns[every]
    at = (rows + planes.corner[0], columns + planes.corner[1])
    place = np.column_stack([rows, columns]) * DISTANCE_WEIGHT
    return np.hstack(
        [planes.colour[at] - (0, 128, 128), place, planes.strength[at][:, :2] ** 2], dtype=np.float32
    )


def _ink(patch: Patch) -> Floats:
    """Luma and both colour differences around 0 of what was taken away most clearly."""
    least = quantiles(patch.change[patch.solid], INK_QUANTILE)[0]
    ink = quantiles(patch.before[patch.solid & (patch.change >= least)].T, 0.5)[0].astype(np.float32)
    return cast(
        Floats, cv2.cvtColor(ink[None, None] / 255, cv2.COLOR_RGB2YCrCb)[0, 0] * 255 - (0, 127.5, 127.5)
    )


def _residuals(points: Floats, candidates: Floats, ink: Floats) -> Figures:
    """Figures of ``points`` [N, 7] against their matches among ``candidates`` [M, 7], see :func:`_sampled`."""
    weigh = np.array((1, CHROMA_WEIGHT, CHROMA_WEIGHT, 1, 1), np.float32)
    whole = points[:, :5] * weigh, candidates[:, :5] * weigh
    match = candidates[_nearest(*whole)]
    drift = points[:, :3] * weigh[:3] - match[:, :3] * weigh[:3]
    off = np.linalg.norm(drift, axis=1)
    finer = np.log2((points[:, 5:] + STRENGTH_OFFSET) / (match[:, 5:] + STRENGTH_OFFSET))
    low = quantiles(finer[:, 0], 0.25, 0.5)
    lighter = points[:, 0] - candidates[_nearest(whole[0][:, 1:], whole[1][:, 1:]), 0]
    tinted = points[:, 1:3] - candidates[_nearest(points[:, (0, 3, 4)], candidates[:, (0, 3, 4)]), 1:3]
    return _hues(points, candidates) | {
        "inked": _inked(points[:, :3], match[:, :3], ink),
        "kin_off": median(off),
        "kin_off_mid": float(quantiles(off, 0.75)[0]),
        "kin_drift": float(np.linalg.norm(quantiles(drift.T, 0.5)[0])),
        "kin_light": abs(median(lighter)),
        "kin_tint": float(np.linalg.norm(quantiles(tinted.T, 0.5)[0])),
        "kin_grain": -float(low[1]),
        "kin_grain_low": -float(low[0]),
        "kin_detail": -median(finer[:, 1]),
    }


def _hues(points: Floats, candidates: Floats) -> Figures:
    """Angles between the hues of points and of their matches, which are as light and as strong in colour."""
    hues = [part[:, 1] + 1j * part[:, 2] for part in (points, candidates)]
    shades = [
        np.column_stack([part[:, 0], CHROMA_WEIGHT * np.abs(hue), part[:, 3:5]])
        for part, hue in zip((points, candidates), hues, strict=True)
    ]
    match = hues[1][_nearest(*shades)]
    both = np.minimum(np.abs(hues[0]), np.abs(match)) > MIN_CHROMA
    figures = {"kin_coloured": float(both.mean()), "kin_hue": 0.0, "kin_hue_mean": 0.0, "kin_hue_levels": 0.0}
    if np.count_nonzero(both) < MIN_PIXELS:
        return figures
    pairs = (hues[0] * match.conj())[both]
    turn = abs(float(np.angle(pairs.sum() + CHROMA_OFFSET**2 * len(pairs))))
    return figures | {
        "kin_hue": abs(math.degrees(median(np.angle(pairs)))),
        "kin_hue_mean": math.degrees(turn),
        "kin_hue_levels": float(np.sqrt(np.abs(pairs).mean())) * 2 * math.sin(turn / 2),
    }


def _inked(points: Floats, match: Floats, ink: Floats) -> float:
    """Share of the way from the match to the ink, signed, median over the points where the ink has contrast."""
    way = ink - match
    length = (way * way).sum(axis=1)
    clear = length > MIN_INK_CONTRAST**2
    if np.count_nonzero(clear) < MIN_PIXELS:
        return 0.0
    return median(((points - match) * way).sum(axis=1)[clear] / length[clear])


def _nearest(points: Floats, candidates: Floats) -> NDArray[np.intp]:
    """[N] index of the nearest of ``candidates`` [M, K] to each of ``points`` [N, K]."""
    square = (candidates * candidates).sum(axis=1)
    return cast(NDArray[np.intp], (square - 2 * (points @ candidates.T)).argmin(axis=1))


def _moved(planes: Planes, probe: Probe) -> Figures:
    visible = np.flatnonzero(visible_on_curves(planes, probe))
    if len(visible) < MIN_POINTS:
        return {}
    visible = visible[:: math.ceil(len(visible) / MAX_EDGE_POINTS)]
    rows, columns = (part[:, visible] for part in probe.curves)
    rim, next_to, far = ((rows[curve], columns[curve]) for curve in (0, 3, 4))
    return {
        "moved": _halvings(planes, rim, next_to, (250, 255)),
        "moved_usual": _halvings(planes, far, next_to, (0, 0)),
    }


def _halvings(planes: Planes, inner: Points, outer: Points, within: tuple[int, int]) -> float:
    """Halvings of the mean step from ``outer`` to ``inner`` if ``inner`` is moved to its best place.

    Args:
        within: minimum and maximum of the mask there.
    """
    luma = planes.colour[..., 0]
    turns = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    reach = np.array(OFFSETS)[:, None]
    away = np.rint([np.sin(turns) * reach, np.cos(turns) * reach]).astype(np.int64).reshape(2, -1, 1)
    rows, columns = inner[0] + away[0], inner[1] + away[1]
    height, width = luma.shape
    there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    rows, columns = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    masked = planes.mask[rows, columns]
    there &= (masked >= within[0]) & (masked <= within[1])
    beside = luma[outer]
    steps = np.minimum(np.abs(luma[rows, columns] - beside), MAX_STEP)
    here = np.minimum(np.abs(luma[inner] - beside), MAX_STEP)
    count = there.sum(axis=1)
    enough = count >= max(MIN_POINTS, there.shape[1] / 3)
    if not enough.any():
        return 0.0
    moved, unmoved = (np.where(there, part, 0).sum(axis=1)[enough] / count[enough] for part in (steps, here))
    return max(0.0, float(np.log2((unmoved + STEP_OFFSET) / (moved + STEP_OFFSET)).max()))
