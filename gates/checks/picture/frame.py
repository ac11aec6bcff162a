"""Marketplace rules for the framing of a main picture. Always recorded; a recipe sets the limits of its market."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.composition import Composition, plain_ground
from line.picture import FlagKind


def measure(edit: Edit) -> Mapping[str, float]:
    """Framing of the subject, to a 64th of the longer side, as shares 0..1.

    ``white_ground``: part of the ground that is white. ``subject_fill``: larger of the parts of width and height that
    the subject spans. ``subject_share``: part of the area. ``margin_left``, ``margin_top``, ``margin_right``,
    ``margin_bottom``: free part at each side. ``border_touched``: part of the border that the subject covers.
    ``sides_cut``: number of sides along which it covers 3 % or more. Where no ground is found, the whole picture
    counts as subject.

    Amazon requires white and at least 0.85 of the frame, Google 0.75 to 0.9.
    """
    after = edit.compositions[1]
    composition = Composition(after.cells, plain_ground(after.cells), after.saliency)
    left, top, right, bottom = composition.margins
    return {
        "white_ground": composition.white_ground,
        "subject_fill": composition.subject_fill,
        "subject_share": composition.subject_share,
        "margin_left": left,
        "margin_top": top,
        "margin_right": right,
        "margin_bottom": bottom,
        "border_touched": composition.border_touched,
        "sides_cut": float(composition.sides_cut),
    }


def where(edit: Edit) -> Box:
    """The whole picture: framing has no smaller place."""
    height, width = edit.after.shape[:2]
    return (0, 0, width, height)


GATE = Gate(
    name="frame",
    transforms=frozenset({"generate", "deliver"}),
    limits={
        "white_ground": Limit(),
        "subject_fill": Limit(),
        "subject_share": Limit(),
        "border_touched": Limit(),
        "sides_cut": Limit(),
    },
    measure=measure,
    kind=FlagKind.POLICY,
    where=where,
)
