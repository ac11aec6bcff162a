"""An enlargement, scaled down again, must equal its input and keep position and proportions."""

import math
from collections.abc import Mapping

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.histogram import levels_lost
from gates.metrics.similarity.alignment import shift
from gates.metrics.similarity.local_error import local_errors
from gates.metrics.similarity.psnr import psnr
from gates.metrics.texture.grid_step import grid_step
from gates.metrics.texture.overshoot import overshoot


def measure(edit: Edit) -> Mapping[str, float]:
    """Differences between the enlargement and its input.

    ``consistency``: PSNR in dB after scaling down to the input's size by area means. ``shift``: input pixels.
    ``aspect_change``: relative change of the proportions beyond rounding to whole pixels. ``overshoot``: mean grey
    levels outside the range of the neighbouring input pixels. ``enlarged``: scale factor of the less enlarged side.
    ``local_error``: error of the worst cell, about 1 at the visibility threshold. ``invented``: the same after
    removing what a global sharpening or softening explains. ``upscale_levels_lost``: share of green levels lost.
    ``stairs``: log2 of the step height on the input's pixel grid over that elsewhere.
    """
    height, width = edit.before.shape[:2]
    tall, wide = edit.after.shape[0] / height, edit.after.shape[1] / width
    rounding = 1 / min(edit.after.shape[:2])  # one pixel of the shorter side
    errors, residual_errors = local_errors(edit.before_luma, edit.shrunk_luma)
    return {
        "enlarged": min(tall, wide),
        "aspect_change": max(0.0, abs(math.log(wide / tall)) - rounding),
        "consistency": psnr(edit.before, edit.shrunk),
        "shift": math.hypot(*shift(edit.before_luma, edit.shrunk_luma)),
        "overshoot": float(overshoot(edit.before_grey, edit.after_grey).mean()),
        "local_error": float(errors.max()),
        "invented": float(residual_errors.max()),
        "upscale_levels_lost": levels_lost(edit.before, edit.after),
        "stairs": _stairs(edit, wide, tall),
    }


def _stairs(edit: Edit, wide: float, tall: float) -> float:
    """Step height on the input's pixel grid; 0 below a scale of 1.2, where cells have too few pixels to compare."""
    if min(wide, tall) < 1.2:
        return 0.0
    return grid_step(edit.after_grey, (wide, tall))


def where(edit: Edit) -> Box:
    """The cell with the largest unexplained error after scaling down."""
    return box_of_worst(local_errors(edit.before_luma, edit.shrunk_luma)[1], *edit.after.shape[:2])


GATE = Gate(
    name="enlargement",
    transforms=frozenset({"upscale"}),
    limits={
        "enlarged": Limit(at_least=1.0),
        "aspect_change": Limit(at_most=0.002),
        "consistency": Limit(at_least=30.0),
        "shift": Limit(at_most=0.15),
        "overshoot": Limit(at_most=13.0),
        "local_error": Limit(at_most=2.5),
        # Good enlargements stay below 0.7, plain Lanczos on large pictures of print stays at 1.1. Clearly visible
        # local texture starts at 1.7.
        "invented": Limit(at_most=1.25),
        "upscale_levels_lost": Limit(at_most=0.3),
        "stairs": Limit(at_most=1.25),
    },
    measure=measure,
    where=where,
)
