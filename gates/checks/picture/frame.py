"""What marketplaces ask of a main picture's frame: recorded always, limited by the recipe that delivers there."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.composition import Composition, plain_ground
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """``white_ground``: share of the border that is white. ``frame_fill``: share of the frame's width or height
    that the subject spans, to a 64th. ``border_touched``: share of the border that the subject lies on. Where no
    ground is plain the whole picture counts as subject.

    Amazon asks for white and at least .85 of the frame, Google for .75 to .9; each in the recipe for that market.
    """
    cells = edit.compositions[1].cells
    seen = Composition(cells, plain_ground(cells))
    return {
        "white_ground": seen.white_ground,
        "frame_fill": seen.frame_fill,
        "border_touched": seen.border_touched,
    }


def where(edit: Edit) -> Box:
    """Everywhere: a frame is the whole picture's."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="frame",
    transforms=frozenset({"generate", "deliver"}),
    limits={"white_ground": Limit(), "frame_fill": Limit(), "border_touched": Limit()},
    measure=measure,
    kind=FlagKind.POLICY,
    where=where,
)
