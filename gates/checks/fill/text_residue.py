"""Erased text must not be readable any more, neither for a matched filter nor for a text detector."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

CLOSE = 15
"""Maximum gap between letters that counts as erased text when boxes are compared (pixels)."""
CONTEXT = 16
"""Margin of picture around the patch that is given to the detector (pixels)."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``ghost``: remaining contrast of the strokes in grey levels, beyond chance, in the worst patch.

    ``unerased``: share of the stroke edges that are unchanged, in the worst patch. ``untouched``: share of the detail
    under one connected part of the mask that is unchanged. ``text_left``: share of the masked area in which a
    detector still finds text, 0..1; only measured if a detector is available.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    readings = {
        "ghost": edit.unlikeness("ghost"),
        "unerased": edit.unlikeness("unerased"),
        "untouched": edit.unlikeness("untouched"),
    }
    if edit.find_text is not None:
        readings["text_left"] = _text_left(edit)
    return readings


def where(edit: Edit) -> Box | None:
    worst = edit.most_unlike(("ghost", "unerased", "untouched"))
    return worst.box if worst else None


def _text_left(edit: Edit) -> float:
    """Area of found boxes that lie mostly in what was erased, over the area of what was erased."""
    find, left, whole = edit.find_text, 0.0, 0.0
    for patch in edit.patches:
        x, y, w, h = patch.box
        top, start = max(0, y - CONTEXT), max(0, x - CONTEXT)
        crop = np.ascontiguousarray(edit.after[top : y + h + CONTEXT, start : x + w + CONTEXT])
        erased = cv2.copyMakeBorder(
            patch.inside.astype(np.uint8), y - top, crop.shape[0] - h - (y - top),
            x - start, crop.shape[1] - w - (x - start), cv2.BORDER_CONSTANT,
        )  # fmt: skip
        erased = cv2.morphologyEx(erased, cv2.MORPH_CLOSE, np.ones((CLOSE, CLOSE), np.uint8))
        whole += float(erased.sum())
        for quad in find(crop) if find else ():
            box = cv2.fillPoly(np.zeros_like(erased), [np.rint(quad).astype(np.int32)], 1)
            inside = float(cv2.bitwise_and(box, erased).sum())
            if inside > 0.5 * float(box.sum()):
                left += inside
    return left / whole if whole else 0.0


GATE = Gate(
    name="text_residue",
    transforms=frozenset({"erase_text"}),
    limits={
        "ghost": Limit(at_most=1.1),
        "unerased": Limit(at_most=0.9),
        "untouched": Limit(at_most=0.95),
        "text_left": Limit(at_most=0.05),
    },
    measure=measure,
    where=where,
)
