"""An enlargement must be at least as sharp as plain interpolation, and encoding must not blur."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.sharpness import FLOOR, faint_detail_loss, sharpness_change
from gates.patch import Floats

INVISIBLE_GRAIN = 10.0
"""Mean absolute Laplacian (grey levels) of grain that an encoder may remove without visible loss (σ about 3)."""


def measure(edit: Edit) -> Mapping[str, float]:
    """log2 of each tile's sharpness over that of the input (enlarged by cubic interpolation).

    ``upscale_sharpness`` or ``deliver_sharpness``: the median over all tiles. Enlargements also get ``softest``, the
    minimum; ``calm_sharpness``, the tenth percentile, which is high only if smooth surfaces gained detail too
    (noise, tiling, moiré); and ``faded``, the largest loss of faint detail (-log2), at the input's size.
    """
    change = _change(edit)
    readings = {f"{edit.transform}_sharpness": float(np.median(change))}
    if edit.transform == "upscale":
        readings["softest"] = float(change.min())
        readings["calm_sharpness"] = float(np.percentile(change, 10))
        readings["faded"] = float(faint_detail_loss(edit.before_luma, edit.shrunk_luma).max())
    return readings


def _change(edit: Edit) -> Floats:
    floor = FLOOR if edit.transform == "upscale" else INVISIBLE_GRAIN
    return sharpness_change(edit.reference_luma, edit.after_luma, floor)


def where(edit: Edit) -> Box:
    """The tile whose sharpness changed most."""
    change = _change(edit)
    return box_of_worst(np.abs(change), *edit.after.shape[:2])


GATE = Gate(
    name="sharpness",
    transforms=frozenset({"upscale", "deliver"}),
    limits={
        "upscale_sharpness": Limit(at_least=-0.1, at_most=3.0),
        "softest": Limit(at_least=-0.35),
        "calm_sharpness": Limit(at_most=2.4),
        "faded": Limit(at_most=0.34),
        "deliver_sharpness": Limit(at_least=-0.7, at_most=0.35),
    },
    measure=measure,
    where=where,
)
