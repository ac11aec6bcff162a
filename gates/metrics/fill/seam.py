"""Seams: what breaks right where a mask ends, point by point."""

import cv2
import numpy as np

from gates.metrics.fill.boundary_sampling import STRIDE, feather_width, mask_edge
from gates.patch import Floats, Patch


def seam_map(patch: Patch) -> Floats:
    """[h, w] grey levels by which the picture breaks across the edge more than along it; 0 off the edge.

    The seam cost of Kwatra et al., "Graphcut textures", 2003: second differences across the edge,
    less the same one curve further out.
    """
    breaks = np.zeros(patch.inside.shape, np.float32)
    gap = feather_width(patch)
    stride = gap + STRIDE
    x, y, away_x, away_y = mask_edge(patch)
    luma = cv2.blur(patch.after_luma, (3, 3))
    height, width = luma.shape
    spots = []
    for away in (-(gap + 2.5), 1.0, 1 + stride, 1 + 2 * stride):
        rows = np.clip(np.rint(y + away_y * away).astype(np.int64), 0, height - 1)
        columns = np.clip(np.rint(x + away_x * away).astype(np.int64), 0, width - 1)
        spots.append((rows, columns))
    inner, outer, further, furthest = (luma[spot] for spot in spots)
    broken = np.abs(inner - 2 * outer + further) - np.abs(outer - 2 * further + furthest)
    breaks[spots[0]] = np.maximum(0, broken)
    return breaks
