"""Seams: what happens to a picture right where a mask ends."""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Bools, Floats, Patch

REACH = 3.5
"""Pixels between one curve of samples and the next, beside the feather's width."""
LEAST = 80
"""Fewer points along an edge say nothing."""
CLUMP = 9.4
"""Neighbouring points are not independent: variance of a median (π / 2) times about six points as one."""
CALM = 1.0
"""Grey levels added to both sides of a ratio: on a calm ground nothing can break."""


@dataclass(frozen=True, slots=True)
class Seam:
    """One mask's edge.

    Attributes:
        common: grey levels of step that the whole edge has in common, beyond what the ring has and beyond chance.
        ragged: log2 of how much more the picture breaks across the edge than across the same curve outside.
        step: [h, w] grey levels of what breaks at each point of the edge; 0 elsewhere.
    """

    common: float
    ragged: float
    step: Floats


def seam(patch: Patch) -> Seam:
    """Sample the picture on four curves along the edge: inside, just outside, and twice further out.

    ``common`` is the boundary mismatch of Pérez et al., "Poisson image editing", 2003, made robust:
    natural edges cross a mask's edge here and there with either sign, a fill a shade off steps
    everywhere with one sign, so the median of the signed steps tells them apart (errors from the
    median absolute deviation). ``ragged`` is the seam cost of Kwatra et al., "Graphcut textures",
    2003, normalised by the surroundings: lines that run on against lines that end.
    """
    step = np.zeros(patch.inside.shape, np.float32)
    gap = _feather(patch)
    x, y, across_x, across_y = _edge(patch)
    smooth = cv2.blur(patch.after_ycc, (3, 3))
    stride = gap + REACH
    rows, columns = [], []
    for away in (-(gap + 2.5), 1.0, 1 + stride, 1 + 2 * stride):
        rows.append(np.rint(y + across_y * away).astype(np.int64))
        columns.append(np.rint(x + across_x * away).astype(np.int64))
    height, width = patch.mask.shape
    kept = np.logical_and.reduce(
        [
            (row >= 0) & (row < height) & (column >= 0) & (column < width)
            for row, column in zip(rows, columns, strict=True)
        ]
    )
    kept[kept] &= patch.solid[rows[0][kept], columns[0][kept]] & (
        patch.distance[rows[3][kept], columns[3][kept]] > stride
    )
    if kept.sum() < LEAST:
        return Seam(0.0, 0.0, step)
    inner, outer, further, furthest = (
        smooth[row[kept], column[kept]] for row, column in zip(rows, columns, strict=True)
    )
    signed = inner - outer
    across = np.abs(inner - 2 * outer + further)
    along = np.abs(outer - 2 * further + furthest)
    step[rows[0][kept], columns[0][kept]] = np.maximum(0, across - along).max(axis=1)
    middle, error = _middle(signed)
    natural, _ = _middle(outer - further)
    beyond = np.maximum(0, np.abs(middle) - np.abs(natural) - 3 * error)
    # means of square roots: one strong natural edge beside the mask must not speak for all of it
    broken, unbroken = (float(np.sqrt(second[:, 0]).mean()) ** 2 for second in (across, along))
    ragged = math.log2((broken + CALM) / (unbroken + CALM))
    return Seam(float(np.sqrt((beyond**2).sum())), ragged, step)


def _middle(signed: Floats) -> tuple[Floats, Floats]:
    """Median of each channel and its standard error."""
    middle = np.median(signed, axis=0)
    deviation = 1.4826 * np.median(np.abs(signed - middle), axis=0)
    return middle, deviation * np.sqrt(CLUMP / len(signed))


def _edge(patch: Patch) -> tuple[Floats, Floats, Floats, Floats]:
    """x and y of the untouched pixels next to the mask, and the direction away from it, of length 1."""
    within = cv2.distanceTransform(patch.inside.astype(np.uint8), cv2.DIST_L2, 5)
    signed = cv2.blur(cv2.blur(patch.distance - within, (5, 5)), (5, 5))
    rows, columns = np.nonzero((patch.distance > 0) & (patch.distance <= 1.2))
    dx, dy = (cv2.Sobel(signed, cv2.CV_32F, *order)[rows, columns] for order in ((1, 0), (0, 1)))
    length = np.hypot(dx, dy) + np.float32(1e-6)
    return columns.astype(np.float32), rows.astype(np.float32), dx / length, dy / length


def _feather(patch: Patch) -> float:
    """Pixels between the solid fill and the untouched picture."""
    blended = patch.inside & ~patch.solid
    if not blended.any():
        return 0.0
    return 2 * float(blended.sum()) / max(1.0, float(_edge_length(patch.inside) + _edge_length(patch.solid)))


def _edge_length(area: Bools) -> int:
    plane = area.astype(np.uint8)
    return int(cast(NDArray[np.uint8], plane - cv2.erode(plane, np.ones((3, 3), np.uint8))).sum())
