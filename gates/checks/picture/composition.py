"""The subject must stay in its frame as it was: neither moved nor cut, and on a ground as white as before."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.composition import cut, greyed, lost, moved


def measure(edit: Edit) -> Mapping[str, float]:
    """``subject_moved``: share of the longer side. ``subject_cut``: share of the border that was ground and
    bears the subject now. ``subject_lost``: share of the subject that is ground now. ``ground_greyed``: share
    of the border that was white and is not. Where no ground is plain the whole picture counts as subject."""
    one, other = edit.compositions
    return {
        "subject_moved": moved(one, other),
        "subject_cut": cut(one, other),
        "subject_lost": lost(one, other),
        "ground_greyed": greyed(one, other),
    }


def where(edit: Edit) -> Box:
    """Around what is subject in one of both pictures and not in the other; everywhere if there is no such cell."""
    one, other = edit.compositions
    height, width = edit.after.shape[:2]
    rows, columns = one.subject.shape
    x, y, wide, tall = cv2.boundingRect((one.subject != other.subject).astype(np.uint8))
    if not wide:
        return (0, 0, width, height)
    left, top = x * width // columns, y * height // rows
    right, bottom = -(-(x + wide) * width // columns), -(-(y + tall) * height // rows)
    return (left, top, right - left, bottom - top)


GATE = Gate(
    name="composition",
    transforms=frozenset({"upscale", "deliver", "denoise", "restore"}),
    limits={
        "subject_moved": Limit(at_most=0.012),
        "subject_cut": Limit(at_most=0.05),
        "subject_lost": Limit(at_most=0.03),
        "ground_greyed": Limit(at_most=0.02),
    },
    measure=measure,
    where=where,
)
