"""A delivered picture must have the look of its campaign, within the ranges in the recipe's ``[style]``."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.look import look, outside
from line.picture import FlagKind

KINDS = ("palette", "tone", "contrast", "texture")


def measure(edit: Edit) -> Mapping[str, float]:
    """``style_palette``, ``style_tone``, ``style_contrast`` and ``style_texture``: how far the worst figure of
    each kind lies outside its range; 0 is inside, 1 is as far outside as anybody would see.

    The ranges are taken from reference pictures by ``sluice style``; without a ``[style]`` there is nothing to
    measure. A look outside the campaign's is no damage, so it is policy: a person decides, and the breaker
    does not count it. The figures themselves are recorded as ``look_<figure>``.
    """
    allowed = edit.facts.get("style")
    if not allowed:
        return {}
    found = look(edit.after)
    beyond = outside(found, allowed)
    worst = {
        f"style_{kind}": max((value for name, value in beyond.items() if name.startswith(kind)), default=0.0)
        for kind in KINDS
    }
    return worst | {f"look_{name}": found[name] for name in allowed}


def where(edit: Edit) -> Box:
    """Everywhere: a look is the whole picture's."""
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
