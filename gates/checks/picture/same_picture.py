"""A photo that was denoised or mended must still show the same things in the same places and colours."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit, Gray
from gates.metrics.similarity.gmsd import gmsd, gmsd_map

GRAIN = 1.5
"""Standard deviation, pixels, of the blur under which noise is no structure."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``structure_changed``: GMSD between both pictures, blurred until their noise is gone; 0 is none."""
    if not edit.same_size:
        return {"structure_changed": 1.0}
    return {"structure_changed": gmsd(_calm(edit.before_luma), _calm(edit.after_luma))}


def where(edit: Edit) -> Box | None:
    if not edit.same_size:
        return None
    changed = 1 - gmsd_map(_calm(edit.before_luma), _calm(edit.after_luma))
    return box_of_worst(np.asarray(changed, np.float32), *edit.after.shape[:2])


def _calm(luma: Gray) -> Gray:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), GRAIN), np.float32)


GATE = Gate(
    name="same_picture",
    transforms=frozenset({"denoise", "restore"}),
    # Non-local means stays below .028 on nine tenths of photos with noise of 10 levels and below .012 with
    # 6; a blur of 2 pixels, a 7 × 7 median or a picture moved by 1 reach .02 to .1, a warp of 3 pixels .06.
    limits={"structure_changed": Limit(at_most=0.03)},
    measure=measure,
    where=where,
)
