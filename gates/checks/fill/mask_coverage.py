"""How much of a picture is about to be replaced: past a point a person should say so first."""

from collections.abc import Mapping

import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.similarity.identity import box_of
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """``coverage``: share of the picture that the mask touches at all, 0..1."""
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
