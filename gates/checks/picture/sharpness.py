"""An enlargement must be as sharp as plain interpolation at least; an encoding must not blur."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.sharpness import FLOOR, faded, sharpness_change
from gates.patch import Floats

GRAIN = 10.0
"""Mean absolute Laplacian, grey levels, of grain that an encoder may take away unseen (σ about 3)."""


def measure(edit: Edit) -> Mapping[str, float]:
    """log2 of sharpness over the input's (enlarged by cubic interpolation), tile by tile.

    The middle tile is ``upscale_sharpness`` or ``deliver_sharpness``: they lose differently. Of an
    enlargement also ``softest``, the tile that lost most, and ``calm_sharpness``: the tenth percentile,
    high only where detail came up everywhere, on smooth surfaces too (noise, tiling, moiré); and
    ``faded``, halvings of faint detail where it lost most, the enlargement shrunk to its input's size.
    """
    change = _change(edit)
    readings = {f"{edit.transform}_sharpness": float(np.median(change))}
    if edit.transform == "upscale":
        readings["softest"] = float(change.min())
        readings["calm_sharpness"] = float(np.percentile(change, 10))
        readings["faded"] = float(faded(edit.before_luma, edit.shrunk_luma).max())
    return readings


def _change(edit: Edit) -> Floats:
    floor = FLOOR if edit.transform == "upscale" else GRAIN
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
