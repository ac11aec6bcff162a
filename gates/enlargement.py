"""An enlargement shrunk again must be the picture it came from, in the same place and proportions."""

import math
from collections.abc import Mapping
from typing import cast

import cv2

from gates.contract import Gate, Limit
from gates.edit import Edit
from gates.measures.alignment import shift
from gates.measures.overshoot import overshoot
from gates.measures.psnr import psnr
from gates.patch import luma
from line.picture import Rgb


def measure(edit: Edit) -> Mapping[str, float]:
    """How far the enlargement departs from its input.

    ``consistency``: dB of PSNR, shrunk by area means to the input's size. ``shift``: input pixels.
    ``aspect_change``: relative, beyond what whole pixels force. ``overshoot``: mean grey levels
    outside the range of the neighbouring input pixels. ``enlarged``: by how much, both sides.
    """
    height, width = edit.before.shape[:2]
    tall, wide = edit.after.shape[0] / height, edit.after.shape[1] / width
    # one pixel of rounding on the shorter side changes the proportions by this much
    forced = 1 / min(edit.after.shape[:2])
    small = cast(Rgb, cv2.resize(edit.after, (width, height), interpolation=cv2.INTER_AREA))
    return {
        "enlarged": min(tall, wide),
        "aspect_change": max(0.0, abs(math.log(wide / tall)) - forced),
        "consistency": psnr(edit.before, small),
        "shift": math.hypot(*shift(edit.before_luma, luma(small))),
        "overshoot": float(overshoot(edit.before_luma, edit.after_luma).mean()),
    }


GATE = Gate(
    name="enlargement",
    transforms=frozenset({"upscale"}),
    limits={
        "enlarged": Limit(at_least=1.0),
        "aspect_change": Limit(at_most=0.002),
        "consistency": Limit(at_least=30.0),
        "shift": Limit(at_most=0.15),
        "overshoot": Limit(at_most=6.0),
    },
    measure=measure,
)
