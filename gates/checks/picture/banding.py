"""Smooth gradients must stay smooth. Quantisation by a model or an encoder must not break them into bands."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.banding import banding, step_heights


def measure(edit: Edit) -> Mapping[str, float]:
    """``banding``: height in grey levels of the steps where the input has a smooth gradient; 0 if it has none."""
    return {"banding": banding(step_heights(*edit.coarse_lumas))}


def where(edit: Edit) -> Box:
    """The cell with the highest steps."""
    heights = step_heights(*edit.coarse_lumas)
    return box_of_worst(np.nan_to_num(heights), *edit.after.shape[:2])


GATE = Gate(
    name="banding",
    transforms=frozenset({"upscale", "deliver"}),
    # Good enlargements stay below 0.5, JPEG at quality 82 or better stays at 1.0. Just visible bands start at 1.5.
    limits={"banding": Limit(at_most=1.9)},
    measure=measure,
    where=where,
)
