"""A mask must not remove detail of the product that no text covered."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.fill.strokes import swallowed
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """``swallowed``: halvings of the detail that lies under the mask but away from all strokes, in the worst patch."""
    if edit.mask is None or not edit.same_size:
        return {}
    return {"swallowed": max((swallowed(patch) for patch in edit.patches), default=0.0)}


def where(edit: Edit) -> Box | None:
    worst = max(edit.patches, key=swallowed, default=None)
    return worst.box if worst else None


GATE = Gate(
    name="mask_sanity",
    transforms=frozenset({"erase_text"}),
    # flat print of the product looks like a second ink, and the other way round: ask, do not count a fault
    limits={"swallowed": Limit(at_most=0.85)},
    measure=measure,
    kind=FlagKind.POLICY,
    where=where,
)
