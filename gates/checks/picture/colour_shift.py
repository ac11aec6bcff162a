"""Colours must stay: a fill's with its ring's, a whole picture's with its input's."""

from collections.abc import Mapping

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.colour_cast import Cast, colour_cast


def measure(edit: Edit) -> Mapping[str, float]:
    """Of a fill, in the worst patch: ``fill_colour``, ΔE00 to what its ring lets expect; ``fill_hue``, levels of
    colour by which hues turn nearly all along its edge.

    Of a whole picture: ``colour_shift`` (mean ΔE00), ``colour_worst`` (its 99th percentile over a
    grid), ``hue_turn`` (degrees), ``chroma_change`` and ``contrast_change`` (log2 of the ratio).
    """
    if edit.transform == "erase_text":
        return {
            "fill_colour": edit.unlikeness("colour"),
            "fill_hue": edit.unlikeness("cell_hue"),
        }
    found = _cast(edit)
    return {
        "colour_shift": found.shift,
        "colour_worst": found.worst,
        "hue_turn": abs(found.hue),
        "chroma_change": found.chroma,
        "contrast_change": found.contrast,
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
