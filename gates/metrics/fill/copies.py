"""Pieces of the picture that were laid over another place."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gates.patch import Bools, Floats, Patch
from line.picture import Mask

NEAR = 3
"""Pixels: any texture resembles itself this close."""
FINE = 3
"""Side in pixels of the mean that is taken away first: shades resemble each other everywhere."""
LEAST = 100
"""Pixels that a copy and its source must have in common."""
REACH = 64
"""Pixels to each side within which the source is looked for."""
MOST = (192, 384)
"""Rows and columns of a large fill that are looked at: what was moved a little has its source beside an end of it."""


def copied(patch: Patch, before: Floats, mask: Mask) -> float:
    """Likeness of any part of the fill to untouched picture elsewhere, the greatest; 0 none, 1 an exact copy.

    The masked normalised cross-correlation (Padfield, "Masked object registration in the Fourier
    domain", 2012) of fine detail: however little of a piece came from beside the text, there it is the
    same to the level, as no two places of a photo are.

    Args:
        before: [H, W] float32 luma of the whole input.
        mask: [H, W] uint8 of the whole input.
    """
    inner = np.ones((FINE, FINE), np.uint8)
    solid = cv2.erode(patch.solid.astype(np.uint8), inner)
    x, y, wide, tall = _middle(*cv2.boundingRect(solid))
    ours = solid[y : y + tall, x : x + wide].astype(np.float32)
    if ours.sum() < LEAST:
        return 0.0
    luma = patch.after_luma
    mine = (luma - cv2.blur(luma, (FINE, FINE)))[y : y + tall, x : x + wide] * ours
    x, y = x + patch.box[0], y + patch.box[1]
    left, top = min(x, REACH), min(y, REACH)
    area = np.s_[y - top : y + tall + REACH, x - left : x + wide + REACH]
    clean = (mask[area] == 0).astype(np.uint8)
    theirs = cv2.erode(clean, inner, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(np.float32)
    detail = (before[area] - cv2.blur(before[area], (FINE, FINE))) * theirs
    # both stay within the plane at every place looked at: nothing runs round its end
    shape = [fft.next_fast_len(side + 2 * REACH, real=True) for side in mine.shape]
    room = ((REACH - top, 0), (REACH - left, 0))
    sources = [fft.rfft2(np.pad(part, room), shape) for part in (detail, detail * detail, theirs)]
    pieces = [fft.rfft2(part, shape).conj() for part in (mine, mine * mine, ours)]
    pairs = ((0, 0), (2, 1), (1, 2), (2, 2))
    side = 2 * REACH + 1
    shared, power, other, common = (
        fft.irfft2(sources[one] * pieces[two], shape)[:side, :side] for one, two in pairs
    )
    # less than a level of texture: nothing to recognise
    enough = _away() & (common > LEAST) & (np.minimum(power, other) > common)
    if not enough.any():
        return 0.0
    return float((shared[enough] / np.sqrt(power[enough] * other[enough])).max())


def _middle(x: int, y: int, wide: int, tall: int) -> tuple[int, int, int, int]:
    rows, columns = min(tall, MOST[0]), min(wide, MOST[1])
    return x + (wide - columns) // 2, y + (tall - rows) // 2, columns, rows


def _away() -> Bools:
    way: NDArray[np.int64] = np.arange(-REACH, REACH + 1)
    return np.hypot(way[:, None], way[None]) > NEAR
