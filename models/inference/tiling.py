"""Working through a picture tile by tile, blended so that no seam shows."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

OVERLAP = 32
"""Pixels that neighbouring tiles share."""

RIM = 8
"""Of them, those at a tile's inner border that are thrown away: there the network saw no surroundings."""


def in_tiles(picture: Plane, run: Callable[[Plane], Plane], side: int) -> Plane:
    """``run`` over tiles of at most ``side`` × ``side`` pixels, put together again.

    Where tiles overlap, one fades into the next along a raised cosine; the weights of all tiles at a
    pixel are divided out, so that what all of them agree on comes out as it is.

    Args:
        picture: [H, W, C] float32.
        run: a tile [h, w, C] to its result [h · s, w · s, D], with the same whole s for each.
        side: of a tile, overlap and rim included; no less than twice the overlap is used.

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
            done = run(picture[top:bottom, left:right])
            if not scale:
                scale = done.shape[0] // (bottom - top)
                result = np.zeros((high * scale, wide * scale, done.shape[2]), np.float32)
                weight = np.zeros((high * scale, wide * scale, 1), np.float32)
            down, across = _fade(rows, row, scale), _fade(columns, column, scale)
            share = (down[:, None] * across[None, :])[..., None]
            place = np.s_[top * scale : bottom * scale, left * scale : right * scale]
            result[place] += done * share
            weight[place] += share
    return result / weight


def spans(length: int, side: int, overlap: int) -> list[tuple[int, int]]:
    """(begin, end) of equally long stretches that cover ``length``, neighbours sharing ``overlap`` or more."""
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
    """Weight of each pixel of a stretch: 1 inside, fading to its neighbours over all that they share."""
    begin, end = all_spans[at]
    position = ((np.arange((end - begin) * scale) + 0.5) / scale).astype(np.float32)
    weight = np.ones_like(position)
    if at > 0:
        weight *= _ramp(position, all_spans[at - 1][1] - begin)
    if at + 1 < len(all_spans):
        weight *= _ramp(np.float32(end - begin) - position, end - all_spans[at + 1][0])
    # never quite nothing: where tiles share more than they must, some pixel may lie in every rim
    return np.maximum(weight, 1e-6).astype(np.float32)


def _ramp(away: Plane, shared: int) -> Plane:
    """0 to 1 over ``shared`` pixels but the rims at both ends, ``away`` pixels from a border."""
    share = np.clip((away - RIM) / max(shared - 2 * RIM, 1), 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * share)).astype(np.float32)
