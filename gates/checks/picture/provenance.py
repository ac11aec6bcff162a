"""The metadata of a delivered file must agree with the record of its origin and rights."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit


def measure(edit: Edit) -> Mapping[str, float]:
    """``marks_differ``: number of files (with renditions) whose metadata, read back, differs from the expected."""
    return {"marks_differ": float(edit.marks_differ)}


def where(edit: Edit) -> Box:
    """The whole picture: metadata has no smaller place."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="provenance",
    transforms=frozenset({"deliver"}),
    limits={"marks_differ": Limit(at_most=0.0)},
    measure=measure,
    where=where,
)
