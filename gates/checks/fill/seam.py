"""A fill must join the picture around it: no step along its edge, and no lines that end there."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

FIGURES = ("step", "rim", "ragged", "broken", "unlinked")
OUTLINE = "cell_line"


def measure(edit: Edit) -> Mapping[str, float]:
    """The worst fill's edge, beyond the usual figures of good fills.

    ``seam`` and ``rim``: step in grey levels along the whole edge, to the fill and to its outermost pixels.
    ``ragged``: doublings of the second differences across the edge. ``broken``: doublings of the change of the
    differences along the edge, from outside to inside. ``unlinked``: loss of correlation between both sides.
    ``outlined``: grey levels by which the fill's outermost pixels differ from both sides along nearly all of the
    edge.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    readings = {("seam" if name == "step" else name): edit.unlikeness(name) for name in FIGURES}
    return readings | {"outlined": edit.unlikeness(OUTLINE)}


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike((*FIGURES, OUTLINE))
    return worst.box if worst else None


GATE = Gate(
    name="seam",
    transforms=frozenset({"erase_text"}),
    limits={
        "seam": Limit(at_most=80.0),
        "rim": Limit(at_most=45.0),
        "ragged": Limit(at_most=1.75),
        "broken": Limit(at_most=2.5),
        "unlinked": Limit(at_most=0.72),
        "outlined": Limit(at_most=12.0),
    },
    measure=measure,
    where=where,
)
