"""Colours must stay: a fill must match its surroundings, a whole picture must match its input."""

from collections.abc import Mapping

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.colour_cast import Cast, colour_cast


def measure(edit: Edit) -> Mapping[str, float]:
    """For the worst patch of a fill: ``fill_colour``, ΔE00 between the fill and the colour predicted from its
    surroundings; ``fill_hue``, hue shift in levels common to most of the boundary.

    For a whole picture: ``colour_shift`` (mean ΔE00 over a grid), ``colour_worst`` (99th percentile of it),
    ``hue_turn`` (degrees), ``chroma_change`` and ``contrast_change`` (log2 of the ratio).
    """
    if edit.transform == "erase_text":
        return {
            "fill_colour": edit.unlikeness("colour"),
            "fill_hue": edit.unlikeness("cell_hue"),
        }
    cast = _cast(edit)
    return {
        "colour_shift": cast.shift,
        "colour_worst": cast.worst,
        "hue_turn": abs(cast.hue),
        "chroma_change": cast.chroma,
        "contrast_change": cast.contrast,
    }


def _cast(edit: Edit) -> Cast:
    return colour_cast(*edit.coarse, edit.before.shape)


def where(edit: Edit) -> Box | None:
    if edit.transform == "erase_text":
        worst = edit.most_unlike(("colour", "cell_hue"))
        return worst.box if worst else None
    return box_of_worst(_cast(edit).cells, *edit.after.shape[:2])


GATE = Gate(
    name="colour_shift",
    transforms=frozenset({"erase_text", "upscale", "deliver"}),
    limits={
        "fill_colour": Limit(at_most=50.0),
        "fill_hue": Limit(at_most=8.0),
        "colour_shift": Limit(at_most=1.25),
        "colour_worst": Limit(at_most=8.5),
        "hue_turn": Limit(at_most=1.2),
        "chroma_change": Limit(at_least=-0.12, at_most=0.12),
        "contrast_change": Limit(at_least=-0.06, at_most=0.06),
    },
    measure=measure,
    where=where,
)
