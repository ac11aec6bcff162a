"""Letters made whole for the mask: what a contour encloses in a colour of its own, and what a loose box cuts off."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from overlay.mask.shadow import shadow
from overlay.mask.strokes import Strokes

Flags = NDArray[np.bool_]
ENCLOSED = 30.0
"""Levels (Euclidean over RGB) by which what a contour encloses differs from what is just outside it: a letter's fill.
The counters of plain letters are of their ground's colour."""
ONE_FILL = 30.0
"""Levels within which what is enclosed is of one fill."""
ENOUGH = 0.15
"""Area of a fill over that of the strokes at least: less are counters over a changing ground."""
MORE = 2.0
"""Area of what is of a fill's colour in all over that of the enclosed pieces at most."""
NEAR = 0.35
"""How far outside a contour the ground is looked at, in heights of the box."""
DEEPEST = 60
"""Pixels from a piece within which the ground around a mask is looked at, at most."""
FEWEST = 6
"""Pixels of a piece at least."""
ONE_INK = 26
"""Levels by which ink beyond the box may differ from the ink in it, in each channel."""
BEYOND = 0.5
"""Area of the ink beyond the box over that inside at most: more is a thing of that colour."""
SQUARE = np.ones((3, 3), np.uint8)


def whole(strokes: Strokes) -> Strokes:
    """``strokes`` with the fill that their contour encloses, their ink beyond the box, and their shadow."""
    if not strokes.glyphs.any():
        return strokes
    letters = replace(strokes, glyphs=strokes.glyphs | _fill(strokes) | _cut_off(strokes))
    return replace(letters, glyphs=letters.glyphs | shadow(letters, _height(strokes)))


def without_islands(mask: Mask, rgb: Rgb) -> Mask:
    """``mask`` [H, W] uint8 of 0 or 255 with the slivers of ``rgb`` that it encloses and that are not of the ground.

    Between letters and the contour of a speech bubble they would be left. What is wider than the mask around it is
    the photo: a product in a ring.
    """
    marked = mask > 0
    depth = float(cv2.distanceTransform(mask, cv2.DIST_L2, 3).max())
    pieces, tones = _enclosed(rgb, marked, None, min(DEEPEST, 2 * round(depth) + 4))
    if not tones:
        return mask
    islands = np.isin(pieces, list(tones))
    inner = cv2.distanceTransform(islands.astype(np.uint8), cv2.DIST_L2, 3)
    islands &= ~np.isin(pieces, np.unique(pieces[inner > depth]))
    return np.where(islands, 255, mask).astype(np.uint8)


def _enclosed(
    rgb: Rgb, glyphs: Flags, box: Flags | None, reach: int
) -> tuple[NDArray[np.int32], dict[int, NDArray[np.float32]]]:
    """Labels of the pieces around ``glyphs``, and the tones of those enclosed that are not of the ground's.

    The ground is what lies outside within ``reach`` pixels of a piece; what touches more than ``box`` is outside.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~glyphs).astype(np.uint8), connectivity=4)
    pieces = np.asarray(labels, np.int32)
    rim = np.unique(
        np.concatenate(
            [pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1], [] if box is None else pieces[~box]]
        )
    )
    outside = np.isin(pieces, rim) & ~glyphs
    tones: dict[int, NDArray[np.float32]] = {}
    for piece in np.setdiff1d(np.arange(1, count), rim):
        left, top, wide, high, area = (int(value) for value in stats[piece])
        if area < FEWEST:
            continue
        part = np.s_[max(0, top - reach) : top + high + reach, max(0, left - reach) : left + wide + reach]
        here = pieces[part] == piece
        ring = cv2.dilate(here.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        ground = rgb[part][ring & outside[part]]
        tone = np.asarray(np.median(rgb[part][here], axis=0), np.float32)
        if len(ground) < FEWEST or np.linalg.norm(tone - np.median(ground, axis=0)) > ENCLOSED:
            tones[int(piece)] = tone
    return pieces, tones


def _fill(strokes: Strokes) -> Flags:
    """[h, w] bool: pieces enclosed by letters, of one colour, which is not that of the ground around them."""
    none = np.zeros_like(strokes.glyphs)
    reach = max(3, round(NEAR * _height(strokes)))
    pieces, tones = _enclosed(strokes.rgb, strokes.glyphs, strokes.box, reach)
    if not tones:
        return none
    largest = max(tones, key=lambda piece: int((pieces == piece).sum()))
    alike = [piece for piece, tone in tones.items() if np.linalg.norm(tone - tones[largest]) < ONE_FILL]
    fill: Flags = np.isin(pieces, alike)
    if fill.sum() < ENOUGH * strokes.glyphs.sum():
        return none
    return fill | _of_one_fill(strokes, fill)


def _of_one_fill(strokes: Strokes, fill: Flags) -> Flags:
    """[h, w] bool: what is of the colour of a ``fill`` and hugs it or the letters, where contours have gaps.

    It may lie beyond the box, as the rest of a speech bubble does, but must end near it.
    """
    tone = np.median(strokes.rgb[fill], axis=0)
    alike = (cv2.inRange(strokes.rgb, tone - ONE_INK, tone + ONE_INK) > 0) & ~strokes.glyphs
    more = _ending(alike, strokes.glyphs | fill)
    return more if more.sum() < MORE * fill.sum() else np.zeros_like(fill)


def _ending(alike: Flags, near: Flags) -> Flags:
    """[h, w] bool: the pieces of ``alike`` that touch what is ``near``, and end inside the window."""
    _, pieces = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    touched = pieces[(cv2.dilate(near.astype(np.uint8), SQUARE) > 0) & alike]
    ends = np.concatenate([[0], pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]])
    return np.asarray(np.isin(pieces, np.setdiff1d(touched, ends)), np.bool_)


def _cut_off(strokes: Strokes) -> Flags:
    """[h, w] bool: what hangs on to the letters beyond the box, of their very colour, and ends near it."""
    none = np.zeros_like(strokes.glyphs)
    core = cv2.erode(strokes.glyphs.astype(np.uint8), SQUARE) > 0
    if core.sum() < FEWEST:
        return none
    inks = strokes.rgb[core].astype(np.float32)
    ink = np.median(inks, axis=0)
    if float(np.median(np.abs(inks - ink).max(axis=1))) > ONE_INK / 2:
        return none
    alike = (cv2.inRange(strokes.rgb, ink - ONE_INK, ink + ONE_INK) > 0) & ~strokes.box
    beyond = _ending(alike, strokes.glyphs)
    if not 0 < beyond.sum() < BEYOND * strokes.glyphs.sum():
        return none
    return np.asarray(cv2.dilate(beyond.astype(np.uint8), SQUARE) > 0)


def _height(strokes: Strokes) -> float:
    """Of the box, working pixels."""
    rows, columns = np.nonzero(strokes.box)
    return float(min(np.ptp(rows), np.ptp(columns)) + 1)
