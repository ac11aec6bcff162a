"""Seam energy: the step along a mask's edge beyond what the ring's own gradients explain."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from gates.patch import Bools, Floats, Patch

BAND = 3.0
"""Width in pixels of the bands compared on either side."""
ARC = 21
"""Side in pixels of the window in which a band is averaged: a stretch of edge."""
LEAST = 10 / ARC**2
"""A stretch with less of a band than ten pixels says nothing."""
FEW = 4
"""Fewer stretches of edge than this have nothing in common yet."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Steps over the whole edge of one area.

    Attributes:
        step: [h, w] grey levels of unexplained step at the fill's outermost pixels; 0 elsewhere.
        common: grey levels of step that the whole edge has in common, beyond chance.
    """

    step: Floats
    common: float


def seam_step(patch: Patch) -> Seam:
    """Mean colour just inside the solid fill against just outside, less the ring's own change.

    The guidance mismatch on the boundary of Pérez et al., "Poisson image editing", 2003. A natural
    edge crosses a mask's edge here and there with either sign; a fill that is a shade off steps
    everywhere with one sign: so the median of the signed steps tells them apart.
    """
    deep = cv2.distanceTransform(patch.solid.astype(np.uint8), cv2.DIST_L2, 5)
    gap = _feather(patch)
    bands = (
        patch.solid & (deep <= BAND),
        ~patch.inside & (patch.distance <= BAND),
        ~patch.inside & (patch.distance > BAND + gap) & (patch.distance <= 2 * BAND + gap),
    )
    colour = patch.after_ycc
    (inner, near), (outer, out), (further, far) = (_band(colour, band) for band in bands)
    edge = bands[0] & (near > LEAST) & (out > LEAST) & (far > LEAST)
    step = np.zeros(edge.shape, np.float32)
    if not edge.any():
        return Seam(step, 0.0)
    # a straight line through the two outer bands says what the inner one should be
    signed = (inner[edge] - outer[edge]) - (outer[edge] - further[edge])
    step[edge] = np.sqrt((signed**2).sum(axis=1))
    stretches = len(signed) / ARC
    if stretches < FEW:
        return Seam(step, 0.0)
    middle = np.median(signed, axis=0)
    # standard error of the middle, from the median deviation, which natural edges cannot inflate
    error = 1.5 * np.median(np.abs(signed - middle), axis=0) / np.sqrt(stretches)
    beyond = np.maximum(0, np.abs(middle) - 2 * error)
    return Seam(step, float(np.sqrt((beyond**2).sum())))


def _band(colour: Floats, band: Bools) -> tuple[Floats, Floats]:
    """Mean [h, w, 3] of ``colour`` over the band's part of each window; the band's share [h, w] of it."""
    weight = band.astype(np.float32)
    share = cv2.blur(weight, (ARC, ARC))
    mean = cv2.blur(colour * weight[..., None], (ARC, ARC)) / np.maximum(share, 1e-6)[..., None]
    return cast(Floats, mean), cast(Floats, share)


def _feather(patch: Patch) -> float:
    """Pixels between the solid fill and the untouched picture."""
    blended = patch.inside & ~patch.solid
    if not blended.any():
        return 0.0
    return 2 * float(blended.sum()) / max(1.0, float(_edge_length(patch.inside) + _edge_length(patch.solid)))


def _edge_length(area: Bools) -> int:
    plane = area.astype(np.uint8)
    return int((plane - cv2.erode(plane, np.ones((3, 3), np.uint8))).sum())
