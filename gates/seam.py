"""A fill must meet the picture around it: no step along the whole mask, no lines that end there."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

FIGURES = ("step", "rim", "ragged", "broken", "unlinked")


def measure(edit: Edit) -> Mapping[str, float]:
    """What happens at the mask's edge beyond what is usual in this photo, in the worst patch.

    ``seam`` and ``rim``: grey levels that the whole edge steps by, to the fill and to its outermost pixels.
    ``ragged``, ``broken``: doublings of what breaks across the edge, and of what differs along it.
    ``unlinked``: correlation along the edge that is missing between the two sides.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    return {("seam" if name == "step" else name): edit.unlikeness(name) for name in FIGURES}


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike(FIGURES)
    return worst.box if worst else None


GATE = Gate(
    name="seam",
    transforms=frozenset({"erase_text"}),
    limits={
        "seam": Limit(at_most=15.0),
        "rim": Limit(at_most=15.0),
        "ragged": Limit(at_most=1.9),
        "broken": Limit(at_most=1.4),
        "unlinked": Limit(at_most=0.7),
    },
    measure=measure,
    where=where,
)
