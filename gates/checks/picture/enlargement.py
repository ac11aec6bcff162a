"""An enlargement shrunk again must be the picture it came from, in the same place and proportions."""

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
    """How far the enlargement departs from its input.

    ``consistency``: dB of PSNR, shrunk by area means to the input's size. ``shift``: input pixels.
    ``aspect_change``: relative, beyond what whole pixels force. ``overshoot``: mean grey levels
    outside the range of the neighbouring input pixels. ``enlarged``: by how much, both sides.
    ``local_error``: the worst cell's, 1 being about visible; ``invented``: the same of what no sharpening or
    softening of the whole picture explains. ``upscale_levels_lost``: share of green levels.
    ``stairs``: doublings of the steps on the grid of the input's pixels.
    """
    height, width = edit.before.shape[:2]
    tall, wide = edit.after.shape[0] / height, edit.after.shape[1] / width
    # one pixel of rounding on the shorter side changes the proportions by this much
    forced = 1 / min(edit.after.shape[:2])
    every, left = local_errors(edit.before_luma, edit.shrunk_luma)
    return {
        "enlarged": min(tall, wide),
        "aspect_change": max(0.0, abs(math.log(wide / tall)) - forced),
        "consistency": psnr(edit.before, edit.shrunk),
        "shift": math.hypot(*shift(edit.before_luma, edit.shrunk_luma)),
        "overshoot": float(overshoot(edit.before_grey, edit.after_grey).mean()),
        "local_error": float(every.max()),
        "invented": float(left.max()),
        "upscale_levels_lost": levels_lost(edit.before, edit.after),
        "stairs": _stairs(edit, wide, tall),
    }


def _stairs(edit: Edit, wide: float, tall: float) -> float:
    """Steps on the grid of the input's pixels; below 1.2 times there are too few pixels within a cell."""
    if min(wide, tall) < 1.2:
        return 0.0
    return grid_step(edit.after_grey, (wide, tall))


def where(edit: Edit) -> Box:
    """The cell that shrinks to something else than the input."""
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
        # good enlargements stay below .7, plain Lanczos of large pictures of print at 1.1; texture in one place
        # that is plainly seen begins at 1.7
        "invented": Limit(at_most=1.25),
        "upscale_levels_lost": Limit(at_most=0.3),
        "stairs": Limit(at_most=1.25),
    },
    measure=measure,
    where=where,
)
