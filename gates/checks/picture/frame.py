"""Marketplace rules for the framing of a main picture. Always recorded; a recipe sets the limits of its market."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.composition import Composition, plain_ground
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """``white_ground``: share of the border that is white. ``frame_fill``: larger of the shares of width and height
    that the subject spans, to a 64th. ``border_touched``: share of the border that the subject covers. Without a
    plain background the whole picture counts as subject.

    Amazon requires white and at least 0.85 of the frame, Google 0.75 to 0.9.
    """
    cells = edit.compositions[1].cells
    composition = Composition(cells, plain_ground(cells))
    return {
        "white_ground": composition.white_ground,
        "frame_fill": composition.frame_fill,
        "border_touched": composition.border_touched,
    }


def where(edit: Edit) -> Box:
    """The whole picture: framing has no smaller place."""
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
