"""Many small departures of one fill add up: each may be chance, all together are not."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

CAP = 2.0
"""Past so many times its scale a figure says no more: its own limit speaks then."""
WEIGHTS = {
    "-grain": (1.0, 0.27),
    "grain": (0.73, 0.31),
    "-detail": (0.4, 0.5),
    "detail": (0.59, 0.31),
    "-coarse": (0.06, 0.76),
    "step": (0.33, 0.44),
    "rim": (0.73, 0.2),
    "ragged": (0.76, 0.59),
    "broken": (0.51, 0.45),
    "unlinked": (0.32, 0.3),
    "hue": (0.47, 1.81),
}
"""Weight and scale of each figure: the scale is what one good fill in a hundred exceeds. The weights are a
non-negative logistic regression of the bench's defects against good fills, on the half for tuning."""
UNSEEN = {"step": 1.0, "rim": 0.7, "grain": 0.25}
"""What a fill of another make than the truth may show of a figure without anybody seeing it."""
MISPLACED = (0.43, 0.25)


def measure(edit: Edit) -> Mapping[str, float]:
    """``evidence``: weighted sum of all figures beyond what is usual in this photo, each over its scale.

    The figures are those of the gates ``seam``, ``fill_texture``, ``colour_shift`` and ``repeated_texture``.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    found = sum(
        weight * min(CAP, max(0.0, edit.unlikeness(name) - UNSEEN.get(name, 0.0)) / scale)
        for name, (weight, scale) in WEIGHTS.items()
    )
    misplaced = max(edit.misplaced, default=0.0)
    return {"evidence": found + MISPLACED[0] * min(CAP, misplaced / MISPLACED[1])}


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike(tuple(WEIGHTS))
    return worst.box if worst else None


GATE = Gate(
    name="fill_evidence",
    transforms=frozenset({"erase_text"}),
    limits={"evidence": Limit(at_most=2.0)},
    measure=measure,
    where=where,
)
