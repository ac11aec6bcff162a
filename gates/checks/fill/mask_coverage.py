"""A mask must not cover a large share of the picture, unless a person has agreed."""

from collections.abc import Mapping

import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.similarity.identity import box_of
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """``coverage``: share of the pixels that the mask covers wholly or partly, 0..1."""
    if edit.mask is None:
        return {"coverage": 0.0}
    return {"coverage": float(np.count_nonzero(edit.mask)) / max(1, edit.mask.size)}


def where(edit: Edit) -> Box | None:
    return None if edit.mask is None else box_of(edit.mask > 0)


GATE = Gate(
    name="mask_coverage",
    transforms=frozenset({"find_text"}),
    limits={"coverage": Limit(at_most=0.12)},
    measure=measure,
    kind=FlagKind.POLICY,
    where=where,
)
