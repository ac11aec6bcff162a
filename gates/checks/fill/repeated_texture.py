"""A fill must not be one piece of picture stamped over and over, nor a piece laid where it does not fit."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit


def measure(edit: Edit) -> Mapping[str, float]:
    """``repetition``: likeness of the fill to itself moved, beyond its ring's, in the worst patch; 0 none, 1 copies,
    more where what is copied is stronger than the rest.

    ``misplaced``: likeness of a part of it to another place of the input, 1 a copy; 0 where lines run on.
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
