"""A denoised or restored photo must still show the same structures in the same places."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit, Gray
from gates.metrics.similarity.gmsd import gmsd, gmsd_map

DENOISING_SIGMA = 1.5
"""Standard deviation (pixels) of the blur that removes noise before structures are compared."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``structure_changed``: GMSD between both pictures after a blur that removes noise; 0 if they are equal."""
    if not edit.same_size:
        return {"structure_changed": 1.0}
    return {"structure_changed": gmsd(_denoised(edit.before_luma), _denoised(edit.after_luma))}


def where(edit: Edit) -> Box | None:
    if not edit.same_size:
        return None
    changed = 1 - gmsd_map(_denoised(edit.before_luma), _denoised(edit.after_luma))
    return box_of_worst(np.asarray(changed, np.float32), *edit.after.shape[:2])


def _denoised(luma: Gray) -> Gray:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), DENOISING_SIGMA), np.float32)


GATE = Gate(
    name="same_picture",
    transforms=frozenset({"denoise", "restore"}),
    # On 90 % of photos non-local means stays below 0.028 with noise of 10 levels, below 0.012 with 6 levels.
    # A blur of 2 pixels, a 7 × 7 median or a shift of 1 pixel reach 0.02 to 0.1, a warp of 3 pixels 0.06.
    limits={"structure_changed": Limit(at_most=0.03)},
    measure=measure,
    where=where,
)
