"""Erased text must not be readable any more, by a matched filter and by a text detector."""

from collections.abc import Mapping

import cv2
import numpy as np

from gates.contract import Box, Gate, Limit
from gates.edit import Edit

CLOSE = 15
"""Pixels: gaps between letters up to this belong to the erased text when boxes are compared."""
CONTEXT = 16
"""Pixels of picture beyond the patch that the detector sees."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``ghost``: grey levels of stroke contrast left beyond chance, in the worst patch.

    ``unerased``: share of the stroke edges that came through unchanged, in the worst patch.
    ``untouched``: share of the detail under one connected part of the mask that came through unchanged.
    ``text_left``: share of the masked areas that a detector still finds text in, 0..1; only where
    the edit knows a detector.
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
