"""An edit must not add a pattern that repeats every few pixels, such as the checkerboards of some networks."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.tiling import tiling


def measure(edit: Edit) -> Mapping[str, float]:
    """``tiling``: RMS grey levels of an added pattern with a period of 3 to 9 pixels (pictures of 640 × 480),
    or 3 to 16 pixels (pictures of at least 1152 × 1152)."""
    if edit.transform == "deliver" and not edit.same_size:
        return {}
    return {"tiling": tiling(edit.reference_luma, edit.after_luma)}


def where(edit: Edit) -> Box:
    """The whole picture: a pattern in one place only does not count as tiling."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="periodic_peaks",
    transforms=frozenset({"upscale", "deliver"}),
    # Good edits stay below 0.05. A still invisible pattern of 0.5 % of the range reaches 0.45.
    limits={"tiling": Limit(at_most=0.25)},
    measure=measure,
    where=where,
)
