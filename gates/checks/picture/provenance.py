"""A delivered file must say what the record says of its origin and its rights."""

from collections.abc import Mapping

from gates.contract import Gate, Limit
from gates.edit import Edit


def measure(edit: Edit) -> Mapping[str, float]:
    """``marks_differ``: files (renditions included) whose marks, read back, are not those that are due."""
    return {"marks_differ": float(edit.facts.get("marks_differ", 0))}


GATE = Gate(
    name="provenance",
    transforms=frozenset({"deliver"}),
    limits={"marks_differ": Limit(at_most=0.0)},
    measure=measure,
)
