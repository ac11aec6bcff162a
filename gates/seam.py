"""A fill must meet the picture around it without a step that runs along the whole mask."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.measures.seam_step import seam_step
from gates.patch import Patch


def measure(edit: Edit) -> Mapping[str, float]:
    """``seam``: grey levels of step that a patch's whole edge has in common, in the worst patch."""
    if edit.mask is None or not edit.same_size:
        return {}
    return {"seam": max((_common(patch) for patch in edit.patches), default=0.0)}


def where(edit: Edit) -> Box | None:
    worst = max(edit.patches, key=_common, default=None)
    return worst.box if worst else None


def _common(patch: Patch) -> float:
    return seam_step(patch).common


GATE = Gate(
    name="seam",
    transforms=frozenset({"erase_text"}),
    limits={"seam": Limit(at_most=2.4)},
    measure=measure,
    where=where,
)
