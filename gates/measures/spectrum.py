"""Power spectra: how much detail there is at each scale."""

from typing import cast

import numpy as np
from scipy import fft

from gates.patch import Floats

TILE = 128
MOST = 24
"""Tiles looked at, spread evenly: enough for a mean, whatever the picture's size."""
BANDS = 8


def power(luma: Floats) -> Floats:
    """[TILE, TILE // 2 + 1] float32 mean power of ``luma``'s windowed tiles, grey levels squared.

    Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967, with
    Hann windows; a picture smaller than a tile is padded by reflection.

    Args:
        luma: [H, W] float32, 0..255.
    """
    tiles = _tiles(luma)
    tiles = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    slope = np.hanning(TILE).astype(np.float32)
    window = np.outer(slope, slope)
    found = fft.rfft2(tiles * window)
    scale = float((window**2).sum())
    return cast(Floats, (found.real**2 + found.imag**2).mean(axis=0) / scale)


def bands(spectrum: Floats) -> Floats:
    """[BANDS] mean power in rings of equal width from 0 to 0.5 cycles per pixel."""
    radius = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None])
    ring = np.minimum((radius * 2 * BANDS).astype(int), BANDS)
    total = np.bincount(ring.ravel(), spectrum.ravel(), BANDS + 1)
    return cast(Floats, (total / np.bincount(ring.ravel(), minlength=BANDS + 1))[:BANDS].astype(np.float32))


def _tiles(luma: Floats) -> Floats:
    short = [(0, max(0, TILE - side)) for side in luma.shape]
    if any(after for _, after in short):
        luma = np.pad(luma, short, mode="symmetric")
    starts = [np.linspace(0, side - TILE, max(1, side // TILE)).astype(int) for side in luma.shape]
    corners = [(y, x) for y in starts[0] for x in starts[1]]
    chosen = np.linspace(0, len(corners) - 1, min(MOST, len(corners))).astype(int)
    return np.stack([luma[y : y + TILE, x : x + TILE] for y, x in (corners[index] for index in chosen)])
