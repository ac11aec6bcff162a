"""Pieces of the picture that were laid over another place."""

import cv2
import numpy as np
from scipy import fft

from gates.patch import Floats, Patch

NEAR = 3
"""Pixels: any texture resembles itself this close."""
FINE = 9
"""Side in pixels of the mean that is taken away first: shades resemble each other everywhere."""
LEAST = 400
REACH = 72
"""Pixels to each side within which the piece is looked for."""


def copied(patch: Patch, before: Floats) -> float:
    """Likeness of the fill to another place of what was there, beyond its ring's; 0 none, 1 an exact copy.

    The highest peak of the masked normalised cross-correlation (Padfield, "Masked object
    registration in the Fourier domain", 2012), less the same at no offset: a fill that repeats
    what the text did not hide is true, not copied.

    Args:
        before: [H, W] float32 luma of the whole input.
    """
    if patch.solid.sum() < LEAST:
        return 0.0
    x, y, w, h = patch.box
    left, top = min(x, REACH), min(y, REACH)
    scene = before[y - top : y + h + REACH, x - left : x + w + REACH]
    fine = scene - cv2.blur(scene, (FINE, FINE))
    # the text itself is no texture: its strokes must not outweigh all else
    fine = np.clip(fine, *np.percentile(fine, (2, 98)).astype(np.float32))
    # a piece may lie half outside of the photo as long as what matters of it is inside
    below, right = (
        size + reach + REACH - side
        for size, reach, side in ((h, top, scene.shape[0]), (w, left, scene.shape[1]))
    )
    fine = np.pad(fine, ((REACH - top, below), (REACH - left, right)))
    ours = patch.after_luma - cv2.blur(patch.after_luma, (FINE, FINE))
    # the piece stays within the scene at every place looked at: nothing runs round the scene's end
    shape = [fft.next_fast_len(side, real=True) for side in fine.shape]
    spectra = fft.rfft2(fine, shape), fft.rfft2(fine * fine, shape)
    likeness = [
        _likeness(ours, where.astype(np.float32), spectra, shape) for where in (patch.solid, patch.ring)
    ]
    if likeness[0] is None or likeness[1] is None:
        return 0.0
    side = 2 * REACH + 1
    found, natural = (np.maximum(0, plane[:side, :side]) for plane in likeness if plane is not None)
    way = np.arange(-REACH, REACH + 1)
    away = np.hypot(way[:, None], way[None]) > NEAR
    return max(0.0, float(np.where(away, found - natural, 0).max()) - float(found[REACH, REACH]))


def _likeness(
    ours: Floats, weight: Floats, spectra: tuple[np.ndarray, np.ndarray], shape: list[int]
) -> Floats | None:
    piece = ours * weight
    power = float((piece * piece).sum())
    if power < weight.sum():  # less than a level of texture: nothing to recognise
        return None
    shared = fft.irfft2(spectra[0] * fft.rfft2(piece, shape).conj(), shape)
    there = fft.irfft2(spectra[1] * fft.rfft2(weight, shape).conj(), shape)
    return (shared / np.sqrt(power * np.maximum(there, power / 4))).astype(np.float32)
