"""Nothing may come in that repeats every few pixels: the tiles and checkerboards that networks leave."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.tiling import tiling


def measure(edit: Edit) -> Mapping[str, float]:
    """``tiling``: grey levels (RMS) of a pattern that the input had not, with a period of 3 pixels to 9 in
    pictures of 640 × 480, to 16 from 1152 × 1152 on."""
    if edit.transform == "deliver" and not edit.same_size:
        return {}
    return {"tiling": tiling(edit.reference_luma, edit.after_luma)}


def where(edit: Edit) -> Box:
    """Everywhere: what is in one place only is no tiling."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="periodic_peaks",
    transforms=frozenset({"upscale", "deliver"}),
    # good edits stay below .05; a pattern of half a percent of the range, which nobody sees yet, reaches .45
    limits={"tiling": Limit(at_most=0.25)},
    measure=measure,
    where=where,
)
