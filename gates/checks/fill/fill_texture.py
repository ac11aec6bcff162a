"""A fill must have the texture of its surroundings: neither a flat blur nor invented detail."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

FIGURES = ("grain", "-grain", "detail", "-detail", "coarse", "-coarse", "crossing", "-crossing", "smeared")


def measure(edit: Edit) -> Mapping[str, float]:
    """Texture of the worst fill against its surroundings, beyond the usual figures of good fills.

    ``…_lost`` counts halvings, ``…_gained`` doublings. ``grain``, ``detail`` and ``coarse`` are bands of texture from
    fine to coarse, measured between each filled pixel and its nearest pixel outside. ``lines`` compares the
    strength of lines that cross the mask's edge just inside and just outside it.

    ``smeared``: area, in windows of 13 × 13 pixels, near blurred edges of a fill whose surroundings have sharp ones.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    names = {"grain": "grain", "detail": "detail", "coarse": "coarse", "lines": "crossing"}
    lost = {f"{reading}_lost": edit.unlikeness(f"-{figure}") for reading, figure in names.items()}
    gained = {f"{reading}_gained": edit.unlikeness(figure) for reading, figure in names.items()}
    return lost | gained | {"smeared": edit.unlikeness("smeared")}


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike(FIGURES)
    return worst.box if worst else None


GATE = Gate(
    name="fill_texture",
    transforms=frozenset({"erase_text"}),
    limits={
        "grain_lost": Limit(at_most=1.4),
        "grain_gained": Limit(at_most=1.35),
        "detail_lost": Limit(at_most=3.25),
        "detail_gained": Limit(at_most=1.35),
        "coarse_lost": Limit(at_most=4.25),
        "coarse_gained": Limit(at_most=2.4),
        "lines_lost": Limit(at_most=1.3),
        "lines_gained": Limit(at_most=1.75),
        "smeared": Limit(at_most=8.0),
    },
    measure=measure,
    where=where,
)
