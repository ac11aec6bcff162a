"""Finds pieces of the picture that a fill has copied from another place."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Bools, Floats, Patch
from line.picture import Mask

MIN_OFFSET = 3
"""Minimum offset of a copy from its source (pixels): closer than this, any texture resembles itself."""
DETAIL_WINDOW = 3
"""Side of the mean filter whose result is subtracted first (pixels), because flat shades match everywhere."""
MIN_COMMON_PIXELS = 100
"""Minimum pixels that a copy and its source share."""
MAX_OFFSET = 64
"""Maximum offset at which the source is searched (pixels, each way)."""
MAX_PATCH_SIDES = (192, 384)
"""Maximum rows and columns of a fill that are compared, from its middle."""


def copied(patch: Patch, before: Floats, mask: Mask) -> float:
    """Likeness of any part of the fill to untouched picture elsewhere, the greatest; 0 none, 1 an exact copy.

    The masked normalised cross-correlation (Padfield, "Masked object registration in the Fourier
    domain", 2012) of fine detail: however little of a piece came from beside the text, there it is the
    same to the level, as no two places of a photo are.

    Args:
        before: [H, W] float32 luma of the whole input.
        mask: [H, W] uint8 of the whole input.
    """
    inner = np.ones((DETAIL_WINDOW, DETAIL_WINDOW), np.uint8)
    solid = cv2.erode(patch.solid.astype(np.uint8), inner)
    x, y, wide, tall = _middle(*cv2.boundingRect(solid))
    ours = solid[y : y + tall, x : x + wide].astype(np.float32)
    if ours.sum() < MIN_COMMON_PIXELS:
        return 0.0
    from scipy import fft  # a second of imports, for the few photos with a mask

    luma = patch.after_luma
    mine = (luma - cv2.blur(luma, (DETAIL_WINDOW, DETAIL_WINDOW)))[y : y + tall, x : x + wide] * ours
    x, y = x + patch.box[0], y + patch.box[1]
    left, top = min(x, MAX_OFFSET), min(y, MAX_OFFSET)
    area = np.s_[y - top : y + tall + MAX_OFFSET, x - left : x + wide + MAX_OFFSET]
    clean = (mask[area] == 0).astype(np.uint8)
    theirs = cv2.erode(clean, inner, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(np.float32)
    detail = (before[area] - cv2.blur(before[area], (DETAIL_WINDOW, DETAIL_WINDOW))) * theirs
    # both stay within the plane at every place looked at: nothing runs round its end
    shape = [fft.next_fast_len(side + 2 * MAX_OFFSET, real=True) for side in mine.shape]
    room = ((MAX_OFFSET - top, 0), (MAX_OFFSET - left, 0))
    sources = [fft.rfft2(np.pad(part, room), shape) for part in (detail, detail * detail, theirs)]
    pieces = [fft.rfft2(part, shape).conj() for part in (mine, mine * mine, ours)]
    pairs = ((0, 0), (2, 1), (1, 2), (2, 2))
    side = 2 * MAX_OFFSET + 1
    shared, power, other, common = (
        fft.irfft2(sources[one] * pieces[two], shape)[:side, :side] for one, two in pairs
    )
    # less than a level of texture: nothing to recognise
    enough = _away() & (common > MIN_COMMON_PIXELS) & (np.minimum(power, other) > common)
    if not enough.any():
        return 0.0
    return float((shared[enough] / np.sqrt(power[enough] * other[enough])).max())


def _middle(x: int, y: int, wide: int, tall: int) -> tuple[int, int, int, int]:
    rows, columns = min(tall, MAX_PATCH_SIDES[0]), min(wide, MAX_PATCH_SIDES[1])
    return x + (wide - columns) // 2, y + (tall - rows) // 2, columns, rows


def _away() -> Bools:
    way: NDArray[np.int64] = np.arange(-MAX_OFFSET, MAX_OFFSET + 1)
    return np.hypot(way[:, None], way[None]) > MIN_OFFSET
