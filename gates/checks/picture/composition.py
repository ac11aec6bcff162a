"""The subject must stay where it is in the frame, must not be cropped, and a white background must stay white."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.picture.composition import content_shift, cropped_share, greyed_share, lost_share


def measure(edit: Edit) -> Mapping[str, float]:
    """``subject_moved``: shift of the content as a share of the longer side. ``subject_cut``: share of the border
    that was background and now shows the subject. ``subject_lost``: share of the subject that became background.
    ``ground_greyed``: share of the border that was white and no longer is. Without a plain background the whole
    picture counts as subject."""
    before, after = edit.compositions
    return {
        "subject_moved": content_shift(before, after),
        "subject_cut": cropped_share(before, after),
        "subject_lost": lost_share(before, after),
        "ground_greyed": greyed_share(before, after),
    }


def where(edit: Edit) -> Box:
    """Bounding box of the cells that are subject in only one of the pictures; the whole picture if there are none."""
    before, after = edit.compositions
    height, width = edit.after.shape[:2]
    rows, columns = before.subject.shape
    x, y, wide, tall = cv2.boundingRect((before.subject != after.subject).astype(np.uint8))
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
