"""A fill must not repeat one piece of the picture, or contain a piece that does not fit there."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit


def measure(edit: Edit) -> Mapping[str, float]:
    """``repetition``: self-similarity of the worst fill beyond that of its surroundings. 0: no repetition; 1: copies;
    more than 1 if the copied piece has more contrast than the rest.

    ``misplaced``: similarity between a part of the fill and another place of the input. 1: a copy; 0 if the lines of
    the picture continue across the fill's edge.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    return {
        "repetition": edit.unlikeness("repetition"),
        "misplaced": edit.unlikeness("misplaced"),
    }


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike(("misplaced", "repetition"))
    return worst.box if worst else None


GATE = Gate(
    name="repeated_texture",
    transforms=frozenset({"erase_text"}),
    limits={"repetition": Limit(at_most=1.25)},
    measure=measure,
    where=where,
)
