"""An erasure must leave every pixel outside its mask exactly as it was."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.similarity.identity import box_of, changed_outside


def measure(edit: Edit) -> Mapping[str, float]:
    """``outside_changed``: number of changed pixels outside the mask; all pixels if the size of the picture changed."""
    if not edit.same_size:
        return {"outside_changed": float(edit.after.shape[0] * edit.after.shape[1])}
    return {"outside_changed": float(changed_outside(edit.before, edit.after, edit.mask).sum())}


def where(edit: Edit) -> Box | None:
    return box_of(changed_outside(edit.before, edit.after, edit.mask)) if edit.same_size else None


GATE = Gate(
    name="outside_mask",
    transforms=frozenset({"erase_text"}),
    # compositing by the mask makes this exact: one changed pixel means that it was not done
    limits={"outside_changed": Limit(at_most=0)},
    measure=measure,
    where=where,
)
