"""A fill must not be one small piece of picture stamped over and over."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.measures.repetition import repetition


def measure(edit: Edit) -> Mapping[str, float]:
    """``repetition``: likeness of the fill to itself moved, beyond its ring's, in the worst patch; 0..1."""
    if edit.mask is None or not edit.same_size:
        return {}
    return {"repetition": max((repetition(patch) for patch in edit.patches), default=0.0)}


def where(edit: Edit) -> Box | None:
    worst = max(edit.patches, key=repetition, default=None)
    return worst.box if worst else None


GATE = Gate(
    name="repeated_texture",
    transforms=frozenset({"erase_text"}),
    limits={"repetition": Limit(at_most=0.5)},
    measure=measure,
    where=where,
)
