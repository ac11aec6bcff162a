"""Tiled inference with blended seams."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

OVERLAP = 32
"""Overlap of neighbouring tiles (pixels)."""

RIM = 8
"""Discarded border of a tile within the overlap (pixels), where the network lacked surroundings."""


def in_tiles(picture: Plane, run: Callable[[Plane], Plane], side: int) -> Plane:
    """Result of ``run`` on tiles of at most ``side`` × ``side`` pixels, joined again.

    Overlapping tiles are blended with raised-cosine weights, normalised at each pixel.

    Args:
        picture: [H, W, C] float32.
        run: function from a tile [h, w, C] to its result [h · s, w · s, D], with one integer s for all tiles.
        side: side of a tile with overlap and rim (pixels); at least twice the overlap is used.

    Returns:
        [H · s, W · s, D] float32.
    """
    high, wide = picture.shape[:2]
    side = max(side, 2 * OVERLAP)
    rows, columns = spans(high, side, OVERLAP), spans(wide, side, OVERLAP)
    if len(rows) == len(columns) == 1:
        return run(picture)
    result = weight = np.zeros(0, np.float32)
    scale = 0
    for row, (top, bottom) in enumerate(rows):
        for column, (left, right) in enumerate(columns):
            tile = run(picture[top:bottom, left:right])
            if not scale:
                scale = tile.shape[0] // (bottom - top)
                result = np.zeros((high * scale, wide * scale, tile.shape[2]), np.float32)
                weight = np.zeros((high * scale, wide * scale, 1), np.float32)
            down, across = _fade(rows, row, scale), _fade(columns, column, scale)
            share = (down[:, None] * across[None, :])[..., None]
            place = np.s_[top * scale : bottom * scale, left * scale : right * scale]
            result[place] += tile * share
            weight[place] += share
    return result / weight


def spans(length: int, side: int, overlap: int) -> list[tuple[int, int]]:
    """(begin, end) of intervals of length ``side`` that cover ``length`` with an overlap of at least ``overlap``."""
    return list(_spans(length, side, overlap))


def _spans(length: int, side: int, overlap: int) -> Iterator[tuple[int, int]]:
    if length <= side:
        yield 0, length
        return
    count = -(-(length - overlap) // (side - overlap))
    for number in range(count):
        begin = round(number * (length - side) / (count - 1))
        yield begin, begin + side


def _fade(all_spans: list[tuple[int, int]], at: int, scale: int) -> Plane:
    """Weight of each pixel of one interval: 1 inside, fading over the overlap with its neighbours."""
    begin, end = all_spans[at]
    position = ((np.arange((end - begin) * scale) + 0.5) / scale).astype(np.float32)
    weight = np.ones_like(position)
    if at > 0:
        weight *= _ramp(position, all_spans[at - 1][1] - begin)
    if at + 1 < len(all_spans):
        weight *= _ramp(np.float32(end - begin) - position, end - all_spans[at + 1][0])
    # above 0, because with large overlaps a pixel may lie in the rims of all its tiles
    return np.maximum(weight, 1e-6).astype(np.float32)


def _ramp(distance: Plane, overlap: int) -> Plane:
    """Raised cosine from 0 to 1 over ``overlap`` pixels without the rims, by distance from the border (pixels)."""
    share = np.clip((distance - RIM) / max(overlap - 2 * RIM, 1), 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)
