"""An enlargement must be as sharp as plain interpolation at least; an encoding must not blur."""

from collections.abc import Mapping

import numpy as np

from gates.contract import Gate, Limit
from gates.edit import Edit
from gates.measures.sharpness import sharpness_change


def measure(edit: Edit) -> Mapping[str, float]:
    """log2 of sharpness over the input's (enlarged by cubic interpolation): the middle tile's.

    ``upscale_sharpness`` or ``deliver_sharpness``: they lose differently.
    """
    change = sharpness_change(edit.reference_luma, edit.after_luma)
    return {f"{edit.transform}_sharpness": float(np.median(change))}


GATE = Gate(
    name="sharpness",
    transforms=frozenset({"upscale", "deliver"}),
    limits={
        "upscale_sharpness": Limit(at_least=-0.1, at_most=2.5),
        "deliver_sharpness": Limit(at_least=-0.75, at_most=0.35),
    },
    measure=measure,
)
