"""A file must hold a complete photo, and a delivered file must hold the right one."""

import math
from collections.abc import Mapping

import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.channels import swap_gain
from gates.metrics.picture.truncation import flat_tail
from gates.metrics.similarity.alignment import shift
from gates.metrics.similarity.psnr import psnr


def measure(edit: Edit) -> Mapping[str, float]:
    """For every file: ``spread``, grey levels between the 0.1th and the 99.9th percentile, and ``flat_tail``,
    share of the height that was not decoded.

    For a delivered file, compared with the picture that it encodes: ``swap_gain``, grey levels by which another
    channel order fits better; ``file_shift``, pixels; ``file_psnr``, dB, or 0 if the sizes differ.
    """
    low, high = np.percentile(edit.after[::7, ::5], (0.1, 99.9))
    readings = {"spread": float(high - low), "flat_tail": flat_tail(edit.after)}
    if edit.transform == "deliver":
        before, after = edit.compositions
        readings["file_psnr"] = psnr(edit.before, edit.after) if edit.same_size else 0.0
        readings["swap_gain"] = swap_gain(before.cells, after.cells)
        readings["file_shift"] = _shift(edit) if edit.same_size else 0.0
    return readings


def _shift(edit: Edit) -> float:
    before, after = edit.coarse_lumas
    return float(math.hypot(*shift(before, after)) * edit.after.shape[1] / before.shape[1])


def where(edit: Edit) -> Box | None:
    height, width = edit.after.shape[:2]
    tail = round(flat_tail(edit.after) * height)
    return (0, height - tail, width, tail) if tail else None


GATE = Gate(
    name="file_truth",
    transforms=frozenset({"admit", "denoise", "restore", "generate", "deliver"}),
    limits={
        "spread": Limit(at_least=8.0),
        "flat_tail": Limit(at_most=0.0),
        "file_psnr": Limit(at_least=29.0),
        "swap_gain": Limit(at_most=0.15),
        "file_shift": Limit(at_most=0.1),
    },
    measure=measure,
    where=where,
)
