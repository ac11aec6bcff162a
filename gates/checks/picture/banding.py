"""A gradient that was smooth must stay smooth: neither few levels nor a model's rounding may break it into bands."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.banding import banding, step_heights


def measure(edit: Edit) -> Mapping[str, float]:
    """``banding``: grey levels of steps where the input has a smooth gradient; 0 where it has none."""
    return {"banding": banding(step_heights(*edit.coarse_lumas))}


def where(edit: Edit) -> Box:
    """The cell with the highest steps."""
    heights = step_heights(*edit.coarse_lumas)
    return box_of_worst(np.nan_to_num(heights), *edit.after.shape[:2])


GATE = Gate(
    name="banding",
    transforms=frozenset({"upscale", "deliver"}),
    # good enlargements stay below .5 and JPEG from quality 82 at 1.0; bands that are just seen begin at 1.5
    limits={"banding": Limit(at_most=1.9)},
    measure=measure,
    where=where,
)
