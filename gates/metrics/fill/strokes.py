"""What happened to the strokes under a mask, and to what was not strokes."""

from typing import cast

import cv2
import numpy as np

from gates.metrics.fill.quantile import quantiles
from gates.metrics.texture.grain import around, detail
from gates.patch import Bools, Floats, Patch

SAME = 3
"""Maximum difference of a pixel that was not erased (grey levels)."""
MIN_EDGE_CONTRAST = 12.0
"""Minimum gradient of a stroke's edge above the sharpest of the ring (grey levels)."""
MIN_PIXELS = 20
"""Minimum pixels for a figure."""
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
    if ring.sum() < MIN_PIXELS:
        return 0.0
    strength = patch.before_gradient
    edges = patch.solid & (strength > MIN_EDGE_CONTRAST + float(quantiles(strength[ring], 0.98)[0]))
    count = int(edges.sum())
    if count < MIN_PIXELS:
        return 0.0
    changed = (patch.change > SAME).astype(np.uint8)
    # a gradient reaches two pixels beyond the stroke that it belongs to
    is_close = cv2.dilate(changed, np.ones((5, 5), np.uint8)) > 0
    return float((edges & ~is_close).sum() / count)


def untouched(patch: Patch) -> float:
    """Share of the detail under one connected part of the mask that came through unchanged, where it is most; 0..1.

    Whatever text was there, on however busy a ground, is there still where nothing at all was done.
    """
    detail = patch.solid & (patch.before_gradient > MIN_EDGE_CONTRAST)
    changed = (patch.change > SAME).astype(np.uint8)
    still = detail & (cv2.dilate(changed, np.ones((3, 3), np.uint8)) == 0)
    if not still.any():
        return 0.0
    count, parts = cv2.connectedComponents(patch.inside.astype(np.uint8))
    whole, unchanged = (np.bincount(parts[where], minlength=count) for where in (detail, still))
    enough = whole >= MIN_PIXELS
    return float((unchanged[enough] / whole[enough]).max()) if enough.any() else 0.0


def swallowed(patch: Patch) -> float:
    """log2 of the detail lost under the mask away from every stroke, where most was lost; 0 where none was.

    A mask that reaches over a detail of the product takes it away although no text hid it.
    """
    inside = patch.solid
    change = patch.change
    if inside.sum() < MIN_PIXELS:
        return 0.0
    clearest = inside & (change >= quantiles(change[inside], 0.95)[0]) & (change > SAME)
    spare = inside
    for _ in range(INKS):
        if clearest.sum() < MIN_PIXELS:
            break
        spare = spare & (_away_from(_like_ink(patch, clearest)) > APART)
        if spare.sum() < 5 * MIN_PIXELS:
            return 0.0
        clearest = _another_ink(patch, spare & (change > STRONG))
    if spare is inside:
        return 0.0
    # strokes and their shadows are taken off first: they must not count as detail of what is beside them
    beside = np.where(spare, patch.before_luma, patch.after_luma)
    had, has = (around(detail(plane, 3, 9), spare, WINDOW)[spare] for plane in (beside, patch.after_luma))
    return float(quantiles(np.log2((had + FLOOR) / (has + FLOOR)), 0.97)[0])


def _like_ink(patch: Patch, clearest: Bools) -> Bools:
    """[h, w] what under the mask has the colour of the ink that ``clearest`` [h, w] shows, wholly or clear in part."""
    ink, ground = (
        quantiles(rgb[clearest].T, 0.5)[0].astype(np.float32) for rgb in (patch.before, patch.after)
    )
    contrast = float(np.linalg.norm(ink - ground))
    inside = patch.inside
    off_ink, off_ground = patch.before[inside] - ink, patch.after[inside] - ground
    # clear ink lets a share of another ground through: that share is the ground's, not a detail's
    through = _dot(off_ink, off_ground) / np.maximum(_dot(off_ground, off_ground), 1)
    rest = off_ink - np.clip(through, 0, np.float32(CLEAREST))[:, None] * off_ground
    is_ink = np.zeros_like(inside)
    is_ink[inside] = _dot(rest, rest) < (INK * contrast) ** 2
    return is_ink


def _dot(one: Floats, other: Floats) -> Floats:
    return cast(Floats, np.einsum("nc,nc->n", one, other))


def _another_ink(patch: Patch, changed: Bools) -> Bools:
    """[h, w] the pixels of ``changed`` in one colour that ends within the mask; none where they have no such.

    Ink is one flat colour and the mask holds all of it; a detail of the product has many colours,
    or goes on outside of the mask.
    """
    none = np.zeros_like(changed)
    colours = patch.before[changed].astype(np.int64)
    if len(colours) < MIN_PIXELS:
        return none
    bins = (colours >> 5) @ (64, 8, 1)
    (fullest,) = quantiles(colours[bins == np.bincount(bins).argmax()].T, 0.5)
    of_it = np.linalg.norm(colours - fullest, axis=1) < FLAT
    of_ink = np.zeros_like(changed)
    of_ink[changed] = of_it
    beside = patch.ring & (_away_from(of_ink) < BESIDE)
    outside = np.linalg.norm(patch.before[beside] - fullest, axis=1) < FLAT
    return of_ink if of_it.mean() >= SHARE and outside.sum() <= OUTSIDE * beside.sum() else none


def _away_from(where: Bools) -> Floats:
    return cast(Floats, cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 3))
