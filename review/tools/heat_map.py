"""Map of the faults of an edit."""

from typing import cast

import cv2
import numpy as np

from gates.edit import Edit
from gates.metrics.fill.seam import seam_map
from gates.metrics.similarity.local_error import local_error
from gates.metrics.texture.grain import detail, grain
from gates.patch import RING, Floats, change, luma
from line.picture import Rgb

FLOOR = 1.5
"""Texture (grey levels) added to both sides of a ratio."""
STEP = 12.0
"""Step of a seam (grey levels) that counts as much as a factor of four in texture."""


def heat_map(edit: Edit) -> Floats:
    """[H, W] float32 at the size of the result: 0 without a fault, about 1 for a visible fault, more for worse ones.

    For erased text: differences in texture from the surroundings, steps along the mask's edge, and changes outside
    the mask. For other edits: the local error, relative to its visibility threshold.
    """
    height, width = edit.after.shape[:2]
    if edit.transform == "erase_text" and edit.same_size:
        return _of_erasure(edit)
    after = edit.after
    if not edit.same_size:
        size = (edit.before.shape[1], edit.before.shape[0])
        after = cast(Rgb, cv2.resize(after, size, interpolation=cv2.INTER_AREA))
    cells = local_error(edit.before_luma, luma(after)) / 5
    return cast(Floats, cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR))


def _of_erasure(edit: Edit) -> Floats:
    heat = np.zeros(edit.after.shape[:2], np.float32)
    for patch in edit.patches:
        x, y, w, h = patch.box
        ring = patch.ring
        fault = seam_map(patch) / STEP
        if ring.any():
            for level in (grain(patch.after_luma), detail(patch.after_luma, 3, 7)):
                local = cv2.blur(level, (9, 9))
                expected = float(np.median(local[ring]))
                fault = np.maximum(
                    fault, np.abs(np.log2((local + FLOOR) / (expected + FLOOR))) / 2 * patch.inside
                )
        area = heat[y : y + h, x : x + w]
        np.maximum(area, cv2.dilate(fault.astype(np.float32), np.ones((3, 3), np.uint8)), out=area)
    outside = np.zeros_like(heat) if edit.mask is None else (edit.mask == 0).astype(np.float32)
    changed = (change(edit.before, edit.after) > 0) * outside
    return np.maximum(
        heat, cv2.dilate(changed.astype(np.float32), np.ones((RING // 4 * 2 + 1,) * 2, np.uint8))
    )
