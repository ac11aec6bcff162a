"""Power spectra: amount of detail at each scale."""

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gates.patch import Floats

TILE = 128
"""Side (pixels) of the transformed tiles."""
MAX_TILES = 24
"""Maximum number of tiles, spread evenly over the picture: enough for a mean of any picture."""
BANDS = 8
"""Number of frequency bands."""


def power(luma: Floats) -> Floats:
    """[TILE, TILE // 2 + 1] float32 mean power of the windowed tiles of ``luma``, in grey levels squared.

    Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967, with
    Hann windows; a picture smaller than a tile is padded by reflection.

    Args:
        luma: [H, W] float32, 0..255.
    """
    window = _window()
    squares = np.zeros((TILE, TILE), np.float32)
    tiles = _tiles(luma)
    for tile in tiles:
        centred = tile - np.float32(cv2.mean(tile)[0])
        cv2.accumulateSquare(cv2.dft(cv2.multiply(centred, window, dst=centred)), squares)
    return cast(Floats, _unpacked(squares) / (len(tiles) * float((window**2).sum())))


def _unpacked(squares: Floats) -> Floats:
    """[TILE, TILE // 2 + 1] power from the squares of OpenCV's packed spectrum (CCS).

    CCS stores the real and imaginary parts of one frequency side by side in a row, except in the first and the last
    column, where they are neighbours in the column.
    """
    unpacked = np.empty((TILE, TILE // 2 + 1), np.float32)
    unpacked[:, 1:-1] = squares[:, 1:-1:2] + squares[:, 2:-1:2]
    half = TILE // 2
    for edge in (0, -1):
        column = squares[:, edge]
        unpacked[[0, half], edge] = column[[0, -1]]
        unpacked[1:half, edge] = column[1:-1:2] + column[2:-1:2]
        unpacked[half + 1 :, edge] = unpacked[1:half, edge][::-1]
    return unpacked


def bands(spectrum: Floats) -> Floats:
    """[BANDS] float32 mean power in rings of equal width from 0 to 0.5 cycles per pixel."""
    ring = _ring()
    total = np.bincount(ring, spectrum.ravel(), BANDS + 1)
    return cast(Floats, (total / np.bincount(ring, minlength=BANDS + 1))[:BANDS].astype(np.float32))


@cache
def _window() -> Floats:
    slope = np.hanning(TILE).astype(np.float32)
    return cast(Floats, np.outer(slope, slope))


@cache
def _ring() -> NDArray[np.int64]:
    """[TILE * (TILE // 2 + 1)] index of each frequency's band; ``BANDS`` in the corners above 0.5 cycles per pixel."""
    radius = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None])
    return np.asarray(np.minimum((radius * 2 * BANDS).astype(np.int64), BANDS)).ravel()


def _tiles(luma: Floats) -> list[Floats]:
    padding = [(0, max(0, TILE - side)) for side in luma.shape]
    if any(after for _, after in padding):
        luma = np.pad(luma, padding, mode="symmetric")
    starts = [np.linspace(0, side - TILE, max(1, side // TILE)).astype(int) for side in luma.shape]
    corners = [(y, x) for y in starts[0] for x in starts[1]]
    chosen = np.linspace(0, len(corners) - 1, min(MAX_TILES, len(corners))).astype(int)
    return [luma[y : y + TILE, x : x + TILE] for y, x in (corners[index] for index in chosen)]
