"""What happened to the strokes under a mask, and to what was not strokes."""

from typing import cast

import cv2
import numpy as np

from gates.measures.grain import around, detail
from gates.patch import Bools, Floats, Patch

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
INKS = 3
"""How many inks one mask may hold: letters, their outline, a box, an old price."""
STRONG = 24
"""Grey levels by which another ink changes the picture at least."""
FLAT = 32.0
"""Distance in RGB within which pixels have one colour, JPEG's rings and all."""
SHARE = 0.4
"""Of what changed strongly away from the first ink, how much must be of one colour to be ink."""
BESIDE = 16.0
OUTSIDE = 0.2
"""Share of the ring within :data:`BESIDE` pixels of an ink that may have its colour."""
FLOOR = 1.0
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
    spare = inside
    for _ in range(INKS):
        if clearest.sum() < FEW:
            break
        spare = spare & (_away_from(_like_ink(patch, clearest)) > APART)
        if spare.sum() < 5 * FEW:
            return 0.0
        clearest = _another_ink(patch, spare & (change > STRONG))
    if spare is inside:
        return 0.0
    # strokes and their shadows are taken off first: they must not count as detail of what is beside them
    beside = np.where(spare, patch.before_luma, patch.after_luma)
    had, has = (around(detail(plane, 3, 9), spare, WINDOW)[spare] for plane in (beside, patch.after_luma))
    return float(np.percentile(np.log2((had + FLOOR) / (has + FLOOR)), 97))


def _like_ink(patch: Patch, clearest: Bools) -> Bools:
    """[h, w] what has the colour of the ink that ``clearest`` [h, w] shows, wholly or clear in part."""
    ink = np.median(patch.before[clearest], axis=0).astype(np.float32)
    ground = np.median(patch.after[clearest], axis=0).astype(np.float32)
    contrast = float(np.linalg.norm(ink - ground))
    off_ink, off_ground = patch.before - ink, patch.after - ground
    # clear ink lets a share of another ground through: that share is the ground's, not a detail's
    through = _dot(off_ink, off_ground) / np.maximum(_dot(off_ground, off_ground), 1)
    rest = off_ink - np.clip(through, 0, CLEAREST)[..., None] * off_ground
    return np.sqrt(_dot(rest, rest)) < INK * contrast


def _dot(one: Floats, other: Floats) -> Floats:
    return cast(Floats, np.einsum("yxc,yxc->yx", one, other))


def _another_ink(patch: Patch, changed: Bools) -> Bools:
    """[h, w] the pixels of ``changed`` in one colour that ends within the mask; none where they have no such.

    Ink is one flat colour and the mask holds all of it; a detail of the product has many colours,
    or goes on outside of the mask.
    """
    none = np.zeros_like(changed)
    colours = patch.before[changed].astype(np.int64)
    if len(colours) < FEW:
        return none
    bins = (colours >> 5) @ (64, 8, 1)
    fullest = np.median(colours[bins == np.bincount(bins).argmax()], axis=0)
    of_it = np.linalg.norm(colours - fullest, axis=1) < FLAT
    found = np.zeros_like(changed)
    found[changed] = of_it
    beside = patch.ring & (_away_from(found) < BESIDE)
    outside = np.linalg.norm(patch.before[beside] - fullest, axis=1) < FLAT
    return found if of_it.mean() >= SHARE and outside.sum() <= OUTSIDE * beside.sum() else none


def _away_from(where: Bools) -> Floats:
    return cast(Floats, cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 3))


def _change(patch: Patch) -> np.ndarray:
    """[h, w] uint8, the greatest difference over the channels."""
    red, green, blue = cv2.split(cv2.absdiff(patch.before, patch.after))
    return cv2.max(cv2.max(red, green), blue)


def _gradient(luma: Floats) -> Floats:
    dx, dy = (cv2.Sobel(luma, cv2.CV_32F, *order, scale=0.25) for order in ((1, 0), (0, 1)))
    return cast(Floats, cv2.magnitude(dx, dy))
