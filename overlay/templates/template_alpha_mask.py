"""Which pixels of what several photos have in common are the overlay, and how much of the ground shows through."""

import cv2
import numpy as np
from numpy.typing import NDArray

from overlay.templates.alignment import Stack

Pixels = NDArray[np.bool_]

PLAIN = 8.0
"""Levels by which a part differs from the ground beside it at least, in the median of the photos."""
FOLLOWS = 0.6
"""How much farther from that ground a part must be than from being of one colour on all photos."""
NEXT = 1.6
"""Heights of the text between parts of one overlay."""
BESIDE = 0.8
"""Heights of the text around a part that are the ground beside it."""
GAPS = (3, 7)
"""Pixels of gaps in an outline that still encloses. Where edges meet in a corner they have no one direction, and a
large piece would leak out there; the wider gap would close narrow strokes."""
WEAK, HANGS = 0.6, 5
"""Share of the agreement from which an edge is the overlay's beside those that are surely, and pixels around them."""
SPECK = 0.004
"""Area of the outline of a part, in squares of the text's height, below which it is chance."""
SHOWS = 12.0
"""Standard deviation of the ground over the photos, levels, below which nobody can say what shows through."""
BEST = 20.0
"""Percentile of the pixels, those that cover best: at the rims of letters the ground comes through whatever the ink."""
BLUR = 4.0
"""Sigma of the ground's blur into the overlay, pixels."""


def cover(stack: Stack) -> Pixels | None:
    """[h, w], the overlay's pixels with the rim that its edges take; None where no part of it is at the text.

    Pieces that the common outline encloses belong to it unless they are like the ground beside them on most photos,
    as the inside of an o is: a piece of the overlay differs from the ground, and less from photo to photo.
    """
    outline = stack.outline()
    found = _closed(outline, GAPS[0])  # the middle of a thin stroke has no edge
    for gap in GAPS:
        found |= _enclosed(stack, _closed(outline, gap), gap)
    own = _at_text(found, stack)
    if own is None:
        return None
    near = cv2.dilate(own.astype(np.uint8), np.ones((HANGS, HANGS), np.uint8)) > 0
    return own | (_closed(own | stack.outline(WEAK), GAPS[0]) & near)


def _closed(outline: Pixels, gap: int) -> Pixels:
    return cv2.morphologyEx(outline.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8)) > 0


def _enclosed(stack: Stack, outline: Pixels, gap: int) -> Pixels:
    """The pieces that ``outline`` encloses and that are the overlay's, with what of it lies next to them."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~outline).astype(np.uint8), connectivity=4)
    high, wide = outline.shape
    outer = [
        label
        for label in range(1, count)
        if stats[label, 0] == 0
        or stats[label, 1] == 0
        or stats[label, 0] + stats[label, 2] == wide
        or stats[label, 1] + stats[label, 3] == high
    ]
    ground = np.isin(labels, outer) & ~outline
    inner = [label for label in range(1, count) if label not in outer]
    pieces = (
        np.isin(labels, [label for label in inner if _is_part(stack, labels == label, ground)]) & ~outline
    )
    near = cv2.dilate(pieces.astype(np.uint8), np.ones((gap + 2, gap + 2), np.uint8)) > 0
    return pieces | (near & outline)


def _is_part(stack: Stack, piece: Pixels, ground: Pixels) -> bool:
    """Whether an enclosed piece is the overlay's."""
    reach = 2 * int(BESIDE * stack.height) + 1
    beside = (cv2.dilate(piece.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0) & ground
    inside, around = [], []
    for rgb, there in zip(stack.rgb, stack.there, strict=True):
        own, other = piece & there, beside & there
        if own.any() and other.any():
            inside.append(rgb[own].mean(axis=0))
            around.append(rgb[other].mean(axis=0))
    if not inside:
        return False
    own, other = np.array(inside), np.array(around)
    apart = float(np.median(np.abs(own - other).max(axis=1)))
    varied = float(np.median(np.abs(own - np.median(own, axis=0)).max(axis=1)))
    return apart > max(PLAIN, FOLLOWS * varied)


def _at_text(found: Pixels, stack: Stack) -> Pixels | None:
    """Of what was found the parts at the text, and those that stand next to them, one after the other."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    left, top, right, bottom = np.rint(stack.text).astype(int)
    least = max(4.0, SPECK * stack.height**2)
    waiting = {label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least}
    here = labels[max(0, top) : bottom, max(0, left) : right]
    taken = {int(label) for label in np.unique(here)} & waiting
    reach = 2 * int(NEXT * stack.height) + 1
    grown = taken
    while grown:
        near = (
            cv2.dilate(np.isin(labels, sorted(taken)).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
        )
        grown = ({int(label) for label in np.unique(labels[near])} & waiting) - taken
        taken |= grown
    return np.isin(labels, sorted(taken)) if taken else None


def shown_through(stack: Stack, covered: Pixels) -> float | None:
    """Share 0..1 of the ground's changes from photo to photo that comes through; None where it hardly changes."""
    core = cv2.erode(covered.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    away = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    inks, grounds, known = [], [], []
    for rgb, there in zip(stack.rgb.astype(np.float32), stack.there, strict=True):
        free = (away & there).astype(np.float32)
        weight = cv2.GaussianBlur(free, (0, 0), BLUR)
        ground = cv2.GaussianBlur(rgb * free[..., None], (0, 0), BLUR) / np.maximum(weight, 1e-4)[..., None]
        inks.append(rgb)
        grounds.append(ground)
        known.append(there & (weight > 0.05))
    everywhere = core & np.all(known, axis=0)
    if everywhere.sum() < 8:
        return None
    ink, ground = (np.array([one[everywhere] for one in part]) for part in (inks, grounds))
    ink, ground = ink - ink.mean(axis=0), ground - ground.mean(axis=0)
    if float(ground.std()) < SHOWS:
        return None
    slopes = (ink * ground).sum(axis=(0, 2)) / np.maximum((ground**2).sum(axis=(0, 2)), 1e-6)
    return float(np.clip(np.percentile(slopes, BEST), 0, 1))
