"""A delivered picture must match the style of its campaign, given as ranges in the recipe's ``[style]``."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.look import look, outside
from line.picture import FlagKind

KINDS = ("palette", "tone", "contrast", "texture")


def measure(edit: Edit) -> Mapping[str, float]:
    """``style_palette``, ``style_tone``, ``style_contrast`` and ``style_texture``: distance of the worst figure of
    each kind from its range; 0 is inside, 1 is a clearly visible difference.

    ``sluice style`` computes the ranges from reference pictures. Without a ``[style]`` the gate measures nothing.
    A picture outside the style is not damaged, so the gate is a policy gate: a person decides, and the breaker does
    not count the image. The figures are also recorded as ``look_<figure>``.
    """
    allowed = edit.style
    if not allowed:
        return {}
    figures = look(edit.after)
    excess = outside(figures, allowed)
    worst = {
        f"style_{kind}": max((value for name, value in excess.items() if name.startswith(kind)), default=0.0)
        for kind in KINDS
    }
    return worst | {f"look_{name}": figures[name] for name in allowed}


def where(edit: Edit) -> Box:
    """The whole picture: a style has no smaller place."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="style_lock",
    transforms=frozenset({"generate", "deliver"}),
    limits={f"style_{kind}": Limit(at_most=0.0) for kind in KINDS},
    measure=measure,
    kind=FlagKind.POLICY,
    where=where,
)
