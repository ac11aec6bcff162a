"""What would be left of an overlay, or be invented in its place, although its letters are found."""

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from overlay.classify.classifier import Reading
from overlay.detect.segmentation_regions import ROOM
from overlay.mask.panel import SIDE
from overlay.mask.strokes import Window, sides
from overlay.segment.overlay_map import LAID_FROM, Map, pixels

BLURRED = 10
"""Pixels around what is erased in which the map still sees it."""
REST = 0.1
"""Share of what the map sees there that may stay uncovered, of pieces that end near the text."""
ENDS = 2.0
"""Times that room within which a piece must end that is a text's own."""
SURE, LOOSE = 0.95, 0.5
"""Chance from which the map is sure, and the share of what it is sure of from which a text is but a part of something,
wherever that ends: one letter of a title."""
BRINK, BRINK_ROWS = 6, 4
"""Pixels from a strip's end at which the scene is looked at, beyond blur and the rings of JPEG, and how many rows."""
LEAST_BAND = 12
"""Rows beside a strip that are looked at, at least; else as many as it has."""
SOFT = 1.5
"""Gaussian blur, pixels, which takes the grain away."""
MET = 3.0
"""Levels by which a pixel along the brink differs from the next where something meets the strip."""
UNEVEN = 6.0
"""Levels by which what is beside a strip departs from one bend of light along it: a soft shadow would be drawn out."""
BUSY = 2.0
"""Mean slope beside a strip, levels a pixel, from which a fill would have to be invented. Of 27 strips below
this and :data:`MET`, drawn on the tuning photos, the fills went on with the ground but for two, which the gates
flagged."""


def leaves_rest(reading: Reading, mask: Mask, laid: Map) -> bool:
    """Whether the overlay map sees more around a text than ``mask`` [H, W] uint8 covers: a badge without its ends.

    What goes on far beyond the text is a thing that the map mistakes, unless it is sure.
    """
    quad, room = reading.region.quad, ROOM * sides(reading.region.quad)[1]
    near, far = around(quad, room, mask.shape), around(quad, ENDS * room, mask.shape)
    inner = _within(near, far)
    chance = pixels(laid, mask.shape, far)
    bare = cv2.dilate(mask[far], np.ones((2 * BLURRED + 1,) * 2, np.uint8)) == 0
    sure, seen = (chance > SURE)[inner], (chance > LAID_FROM)[inner]
    if float((sure & bare[inner]).sum()) > LOOSE * float(sure.sum()):
        return True
    _, pieces = cv2.connectedComponents((chance > LAID_FROM).astype(np.uint8))
    high, wide = mask.shape
    rims = [
        pieces[0] if far[0].start > 0 else [],
        pieces[-1] if far[0].stop < high else [],
        pieces[:, 0] if far[1].start > 0 else [],
        pieces[:, -1] if far[1].stop < wide else [],
    ]
    own = np.isin(pieces, np.setdiff1d(pieces[~bare], np.concatenate([[0], *rims])))[inner]
    return float((own & bare[inner]).sum()) > REST * float(seen.sum())


def around(quad: NDArray[np.float32], room: float, size: tuple[int, ...]) -> Window:
    """The window of a photo of ``size`` [H, W] that reaches ``room`` pixels beyond ``quad``."""
    low, high = quad.min(axis=0) - room, quad.max(axis=0) + room
    left, top = np.maximum(low, 0).astype(int)
    right, bottom = np.minimum(np.ceil(high), (size[1], size[0])).astype(int)
    return np.s_[int(top) : int(bottom), int(left) : int(right)]


def _within(window: Window, outer: Window) -> Window:
    """``window`` in the coordinates of ``outer``."""
    rows, columns = (
        slice(inner.start - whole.start, inner.stop - whole.start)
        for inner, whole in zip(window, outer, strict=True)
    )
    return rows, columns


def is_frame(reading: Reading, rgb: Rgb) -> bool:
    """Whether the shape under a text takes a whole side of the photo ``rgb``, and hides what the scene goes on with.

    Beyond such a strip nothing is known: where a thing runs into it, all that is put there is invented. On a ground
    that is plain all along it, a fill can only go on with that.
    """
    if reading.shape is None or not reading.shape.is_drawn:
        return False
    drawn = reading.shape.full_mask(rgb.shape[1], rgb.shape[0]) > 0
    turned = ((np.rot90(drawn, turns), np.rot90(rgb, turns)) for turns in range(4))
    return any(shape[0].mean() > SIDE and not _goes_on_plain(shape, photo) for shape, photo in turned)


def _goes_on_plain(strip: NDArray[np.bool_], rgb: Rgb) -> bool:
    """Whether nothing stands beside a ``strip`` [H, W] along the upper side: neither at its brink nor right below."""
    rows = strip.mean(axis=1) > 1 - SIDE
    thick = len(rows) if rows.all() else int(np.argmin(rows))
    band = rgb[thick + BRINK : thick + BRINK + max(LEAST_BAND, thick)].astype(np.float32)
    if len(band) < LEAST_BAND:
        return False
    brink = cv2.GaussianBlur(band[None, :BRINK_ROWS].mean(axis=1), (0, 0), SOFT)[0]
    soft = cv2.GaussianBlur(band, (0, 0), SOFT)
    slopes = [cv2.Sobel(soft, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1))]
    steps = np.abs(np.diff(brink, axis=0))
    across = band.mean(axis=0)
    along = np.linspace(-1, 1, len(across))
    bends = [np.polyval(np.polyfit(along, tone, 2), along) for tone in across.T]
    bumps = np.abs(across - np.stack(bends, axis=1))
    return (
        float(np.percentile(steps.max(axis=1), 99)) < MET
        and float(np.percentile(bumps.max(axis=1), 99)) < UNEVEN
        and float(np.hypot(*slopes).max(axis=2).mean()) < BUSY
    )
