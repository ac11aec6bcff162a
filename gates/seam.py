"""A fill must meet the picture around it: no step along the whole mask, no lines that end there."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.measures import seam
from gates.patch import Patch


def measure(edit: Edit) -> Mapping[str, float]:
    """``seam``: grey levels of step that a patch's whole edge has in common, in the worst patch.

    ``ragged``: doublings of what breaks across the edge, against the same curve further out.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    found = [seam.seam(patch) for patch in edit.patches]
    return {
        "seam": max((each.common for each in found), default=0.0),
        "ragged": max((each.ragged for each in found), default=0.0),
    }


def where(edit: Edit) -> Box | None:
    worst = max(edit.patches, key=_severity, default=None)
    return worst.box if worst else None


def _severity(patch: Patch) -> float:
    found = seam.seam(patch)
    return max(found.common, found.ragged)


GATE = Gate(
    name="seam",
    transforms=frozenset({"erase_text"}),
    limits={"seam": Limit(at_most=0.9), "ragged": Limit(at_most=1.25)},
    measure=measure,
    where=where,
)
