"""What happened to the strokes under a mask, and to what was not strokes."""

from typing import cast

import cv2
import numpy as np

from gates.measures.grain import around, detail
from gates.patch import Floats, Patch

SAME = 3
"""Grey levels: a pixel that differs by no more was not erased."""
CLEAR = 12.0
"""Grey levels of gradient by which a stroke's edge must exceed the ring's sharpest."""
FEW = 20
APART = 12
"""Pixels from the nearest stroke: beyond them neither its rim nor its JPEG ringing reaches."""
INK = 0.45
"""Share of the contrast between ink and ground within which a colour counts as ink."""
CLEAREST = 0.6
"""Share of the ground that the clearest ink lets through."""
FLOOR = 1.5
WINDOW = 25
"""Side in pixels of the neighbourhood in which detail is compared."""


def unerased(patch: Patch) -> float:
    """Share of the stroke edges under the mask that came through unchanged, 0..1.

    Stroke edges are gradients (Sobel) stronger than the 98th percentile of the ring's.
    """
    ring = patch.ring
    if ring.sum() < FEW:
        return 0.0
    strength = _gradient(patch.before_luma)
    edges = patch.solid & (strength > CLEAR + float(np.percentile(strength[ring], 98)))
    count = int(edges.sum())
    if count < FEW:
        return 0.0
    changed = (_change(patch) > SAME).astype(np.uint8)
    # a gradient reaches two pixels beyond the stroke that it belongs to
    near = cv2.dilate(changed, np.ones((5, 5), np.uint8)) > 0
    return float((edges & ~near).sum() / count)


def swallowed(patch: Patch) -> float:
    """log2 of the detail lost under the mask away from every stroke, where most was lost; 0 where none was.

    A mask that reaches over a detail of the product takes it away although no text hid it.
    """
    inside = patch.solid
    change = _change(patch)
    if inside.sum() < FEW:
        return 0.0
    clearest = inside & (change >= np.percentile(change[inside], 95)) & (change > SAME)
    if clearest.sum() < FEW:
        return 0.0
    ink = np.median(patch.before[clearest], axis=0).astype(np.float32)
    ground = np.median(patch.after[clearest], axis=0).astype(np.float32)
    contrast = float(np.linalg.norm(ink - ground))
    off_ink, off_ground = patch.before - ink, patch.after - ground
    # clear ink lets a share of another ground through: that share is the ground's, not a detail's
    through = (off_ink * off_ground).sum(axis=2) / np.maximum((off_ground**2).sum(axis=2), 1)
    rest = off_ink - np.clip(through, 0, CLEAREST)[..., None] * off_ground
    like_ink = np.linalg.norm(rest, axis=2) < INK * contrast
    away = cv2.distanceTransform((~like_ink).astype(np.uint8), cv2.DIST_L2, 3) > APART
    spare = inside & away
    if spare.sum() < 5 * FEW:
        return 0.0
    had, has = (
        around(detail(plane, 3, 9), spare, WINDOW)[spare] for plane in (patch.before_luma, patch.after_luma)
    )
    return float(np.percentile(np.log2((had + FLOOR) / (has + FLOOR)), 97))


def _change(patch: Patch) -> np.ndarray:
    """[h, w] uint8, the greatest difference over the channels."""
    red, green, blue = cv2.split(cv2.absdiff(patch.before, patch.after))
    return cv2.max(cv2.max(red, green), blue)


def _gradient(luma: Floats) -> Floats:
    dx, dy = (cv2.Sobel(luma, cv2.CV_32F, *order, scale=0.25) for order in ((1, 0), (0, 1)))
    return cast(Floats, cv2.magnitude(dx, dy))
