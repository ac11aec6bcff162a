"""A fill must have the texture of its surroundings: neither a flat blur nor invented detail."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.measures.grain import texture_change
from gates.patch import Patch


def measure(edit: Edit) -> Mapping[str, float]:
    """Halvings and doublings of the finest (``grain``) and the next (``detail``) band, in the worst patch."""
    if edit.mask is None or not edit.same_size:
        return {}
    changes = [texture_change(patch) for patch in edit.patches] or [(0.0, 0.0)]
    return {
        "grain_lost": max(0.0, *(-fine for fine, _ in changes)),
        "grain_gained": max(0.0, *(fine for fine, _ in changes)),
        "detail_lost": max(0.0, *(-middle for _, middle in changes)),
        "detail_gained": max(0.0, *(middle for _, middle in changes)),
    }


def where(edit: Edit) -> Box | None:
    worst = max(edit.patches, key=_severity, default=None)
    return worst.box if worst else None


def _severity(patch: Patch) -> float:
    fine, middle = texture_change(patch)
    return max(abs(fine), abs(middle))


GATE = Gate(
    name="fill_texture",
    transforms=frozenset({"erase_text"}),
    limits={
        "grain_lost": Limit(at_most=0.38),
        "grain_gained": Limit(at_most=0.5),
        "detail_lost": Limit(at_most=0.8),
        "detail_gained": Limit(at_most=1.1),
    },
    measure=measure,
    where=where,
)
