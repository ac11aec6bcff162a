"""Where an edit went wrong, as a map over the picture."""

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
STEP = 12.0
"""Grey levels of seam that count as much as texture halved or doubled twice."""


def heat_map(edit: Edit) -> Floats:
    """[H, W] float32 of the result, 0 where all is well, about 1 where a fault shows, more where it is worse.

    In an erasure: texture that departs from the ring's, steps along the mask's edge, and any change
    outside the mask. Elsewhere: error against the input, over what the picture's own contrast hides.
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
        found = seam_map(patch) / STEP
        if ring.any():
            for level in (grain(patch.after_luma), detail(patch.after_luma, 3, 7)):
                near = cv2.blur(level, (9, 9))
                expected = float(np.median(near[ring]))
                found = np.maximum(
                    found, np.abs(np.log2((near + FLOOR) / (expected + FLOOR))) / 2 * patch.inside
                )
        area = heat[y : y + h, x : x + w]
        np.maximum(area, cv2.dilate(found.astype(np.float32), np.ones((3, 3), np.uint8)), out=area)
    outside = np.zeros_like(heat) if edit.mask is None else (edit.mask == 0).astype(np.float32)
    changed = (change(edit.before, edit.after) > 0) * outside
    return np.maximum(
        heat, cv2.dilate(changed.astype(np.float32), np.ones((RING // 4 * 2 + 1,) * 2, np.uint8))
    )
