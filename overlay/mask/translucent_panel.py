"""A see-through strip or box behind a text, by its straight edges: its colour is not one, so no area tells it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from overlay.mask.panel import LARGEST, Shape

Floats = NDArray[np.float32]
SEEN = 4.0
"""Levels by which an edge changes a channel."""
ALL = 0.72
"""Share of an edge's length that must change."""
ALONE = 0.9
"""The same where a strip has one edge alone: tables and horizons have one too."""
EVENED = 0.6
"""Share of the deviation outside a box that may be left inside."""
AGAINST = 0.03
"""Share of it that may change the other way: the ground's own edges."""
THINNEST = 6
"""View pixels of a band's narrower side at least: what is thinner has no inside to look at."""
REACH = 1.1
"""How far from the text an edge may be, in heights of the text."""


def find_band(view: Rgb, scale: float, quad: NDArray[np.float32]) -> Shape | None:
    """The rectangle of changed colour around the level text in ``quad``, or None where its edges are not plain.

    Above and below the text an edge must run along all of it, changing the same channel in the same sense,
    or the photo must end there; the sides are edges too, or the strip runs to the photo's borders.

    Args:
        view: [h, w, 3] uint8, the photo made smaller by ``scale``.
        scale: view pixels per photo pixel.
        quad: [4, 2] float32 corners in pixels of the photo.
    """
    high, wide = view.shape[:2]
    left, top = np.clip(np.floor(quad.min(axis=0) * scale).astype(int), 0, (wide - 1, high - 1))
    right, bottom = np.clip(np.ceil(quad.max(axis=0) * scale).astype(int), 1, (wide, high))
    reach = int(REACH * min(right - left, bottom - top)) + 2
    soft = cv2.GaussianBlur(view, (0, 0), 0.8).astype(np.float32)
    best: tuple[float, tuple[int, int, int, int]] | None = None
    for channel in range(3):
        for sense in (1.0, -1.0):
            found = _rectangle(sense * soft[..., channel], (left, top, right, bottom), reach)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
    if best is None:
        return None
    step, (x0, y0, x1, y1) = best
    if min(x1 - x0, y1 - y0) < THINNEST:
        return None
    filled = np.zeros((high, wide), bool)
    filled[y0:y1, x0:x1] = True
    if filled.mean() > LARGEST or not _evens(soft, (x0, y0, x1, y1)):
        return None
    return Shape(
        area=float(filled.mean()),
        solidity=1.0,
        over_text=float(filled.sum() / max((right - left) * (bottom - top), 1)),
        spread=0.0,
        step=step,
        brink=step,
        sides=sum((x0 == 0, y0 == 0, x1 == wide, y1 == high)),
        view=filled,
        scale=scale,
        by_edges=True,
    )


def _rectangle(
    plane: Floats, text: tuple[int, int, int, int], reach: int
) -> tuple[float, tuple[int, int, int, int]] | None:
    """Mean step, and left, top, right, bottom of an area that is higher in ``plane`` than around it."""
    high, wide = plane.shape
    left, top, right, bottom = text
    above = _edge(plane[:, left:right], top, -1, reach)
    below = _edge(plane[:, left:right], bottom, 1, reach)
    if above is None and below is None:
        return None
    if (above is None and top > reach) or (below is None and high - bottom > reach):
        return None
    y0, y1 = 0 if above is None else above[0], high if below is None else below[0]
    inside = plane[y0:y1].T
    before, after = _edge(inside, left, -1, reach), _edge(inside, right, 1, reach)
    steps = [edge[1] for edge in (above, below, before, after) if edge is not None]
    if before is None and after is None:
        share = ALL if above and below else ALONE
        whole = [
            _edge(plane, side, way, 2, share) for side, way, edge in ((y0, -1, above), (y1, 1, below)) if edge
        ]
        return (float(np.mean(steps)), (0, y0, wide, y1)) if all(whole) else None
    if len(steps) < 3:
        return None
    if (before is None and left > reach) or (after is None and wide - right > reach):
        return None
    x0, x1 = 0 if before is None else before[0], wide if after is None else after[0]
    return float(np.mean(steps)), (x0, y0, x1, y1)


def _evens(soft: Floats, box: tuple[int, int, int, int]) -> bool:
    """Whether what changes along the edges outside the box changes less inside it, as under a veil."""
    left, top, right, bottom = box
    high, wide = soft.shape[:2]
    pairs = []
    if top > 4:
        pairs.append((soft[top + 2, left:right], soft[top - 3, left:right]))
    if bottom < high - 4:
        pairs.append((soft[bottom - 3, left:right], soft[bottom + 2, left:right]))
    if left > 4:
        pairs.append((soft[top:bottom, left + 2], soft[top:bottom, left - 3]))
    if right < wide - 4:
        pairs.append((soft[top:bottom, right - 3], soft[top:bottom, right + 2]))
    inside, outside = (
        float(np.sqrt(np.mean([np.var(pair[side], axis=0).mean() for pair in pairs]))) for side in (0, 1)
    )
    return inside < EVENED * outside + 4


def _edge(plane: Floats, start: int, way: int, reach: int, share: float = ALL) -> tuple[int, float] | None:
    """The row from ``start`` on, going ``way``, where all of ``plane`` falls; and its median step."""
    first, last = sorted((start, start + way * reach))
    rows = np.arange(max(first - 2, 2), min(last + 2, len(plane) - 2) + 1)
    if not len(rows) or not plane.shape[1]:
        return None
    inside, outside = (rows + 1, rows - 2) if way < 0 else (rows - 2, rows + 1)
    fall = plane[inside] - plane[outside]
    fits = ((fall > SEEN).mean(axis=1) > share) & ((fall < -SEEN).mean(axis=1) < AGAINST)
    if not fits.any():
        return None
    steps = np.where(fits, np.median(fall, axis=1), 0)
    return int(rows[steps.argmax()]), float(steps.max())
