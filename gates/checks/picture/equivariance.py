"""Detail that a network adds must come from its input, also where it shrinks back to it without a difference."""

from collections.abc import Mapping

from gates.contract import Box, Gate, Limit
from gates.edit import Edit


def measure(edit: Edit) -> Mapping[str, float]:
    """``equivariance_error``: change of the added detail when its surroundings are turned by 90° and enlarged again,
    over the input's own finest detail; the worst of the three windows of 64 × 64 input pixels with most added detail.

    Only for networks; classical methods turn with their input. What a network invents depends on how the picture
    lies: stripes on a perforated surface, wrong strokes in letters too small to be read.
    """
    return {"equivariance_error": max(edit.equivariance_errors.values(), default=0.0)} if edit.enlarge else {}


def where(edit: Edit) -> Box | None:
    """The worst window."""
    errors = edit.equivariance_errors
    if not errors:
        return None
    left, top, width, height = max(errors, key=errors.__getitem__)
    across, down = (edit.after.shape[axis] / edit.before.shape[axis] for axis in (1, 0))
    return (round(left * across), round(top * down), round(width * across), round(height * down))


GATE = Gate(
    name="equivariance",
    transforms=frozenset({"upscale"}),
    # SPAN on 24 photos: median 0.3 at a factor of 2, 0.4 at 4; above 0.75 stand the grain that it turns into lines,
    # stripes of a display and bars of a bar code that are too fine for the small photo. Real-ESRGAN x4plus: see
    # docs/models.md.
    limits={"equivariance_error": Limit(at_most=0.75)},
    measure=measure,
    where=where,
)
