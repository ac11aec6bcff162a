"""What the overlay map takes for laid over: places in which no text was seen, and shapes under a text."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from overlay.detect.candidate import Candidate, Source
from overlay.mask.panel import Shape
from overlay.mask.strokes import Strokes, sides
from overlay.segment.overlay_map import BLURRED_CELLS, LAID_FROM, Map, cell_side, pixels

FEWEST = 20
"""Cells of a piece at least."""
APART = 5
"""Cells between two pieces up to which they are one."""
ROOM = 1.0
"""Heights of a text around it in which pieces are its own: the map blurs what it sees."""
TILTED = 3.0
"""Degrees up to which a piece is taken as level."""
BEYOND = 0.2
"""Share of a shape that lies away from its text, from which the map is asked about that part."""
OF_SCENE, EXACTLY = 0.15, 0.05
"""Mean chance there up to which a shape is the scene's own: any, and an upright rectangle of one colour. On the tuning
photos drawn banners and badges have .23 at least, drawn rectangles .14; plain things under a text .01 to .14, one of
twelve .21."""
SOME = 100
"""Pixels of a box from which its ground is judged by these alone."""
MOST = 4
"""Pieces looked at in one photo, the largest first."""


def find_laid(laid: Map, shape: tuple[int, ...], known: Sequence[NDArray[np.float32]]) -> list[Candidate]:
    """Candidates of a photo of ``shape`` [H, W, 3] where ``laid`` says so and no quad of ``known`` lies."""
    side = cell_side(shape)
    free = (laid > LAID_FROM).astype(np.uint8)
    taken = np.zeros(laid.shape, np.uint8)
    for quad in known:
        corners = [np.rint(quad / side).astype(np.int32)]
        cv2.fillPoly(taken, corners, 1)
        cv2.polylines(taken, corners, True, 1, thickness=2 * round(ROOM * sides(quad)[1] / side) + 3)
    joined = cv2.morphologyEx(free, cv2.MORPH_CLOSE, np.ones((APART, 2 * APART + 1), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    sizes = np.bincount(labels[free > 0], minlength=count)
    sizes[0] = 0
    sizes[np.unique(labels[(taken > 0) & (free > 0)])] = 0
    pieces = [piece for piece in np.argsort(-sizes)[:MOST] if sizes[piece] >= FEWEST]
    return [_framed((labels == piece) & (free > 0), laid, side, shape) for piece in pieces]


def is_laid(shape: Shape, quad: NDArray[np.float32], size: tuple[int, ...], laid: Map) -> bool:
    """Whether ``shape`` under the text in ``quad`` was laid over a photo of ``size`` [H, W, 3] with it.

    One along a whole side of the photo counts as laid, and so does one that hardly reaches beyond its text:
    of neither the map tells enough.
    """
    if shape.spans_side:
        return True
    near = np.zeros(size[:2], np.uint8)
    reach = round(BLURRED_CELLS * cell_side(size))
    cv2.fillConvexPoly(near, np.rint(quad).astype(np.int32), 1)
    away = cv2.dilate(near, np.ones((2 * reach + 1,) * 2, np.uint8)) == 0
    filled = shape.full_mask(size[1], size[0]) > 0
    beyond = filled & away
    if beyond.sum() < BEYOND * filled.sum():
        return True
    seen = float(pixels(laid, size, np.s_[:, :])[beyond].mean())
    return seen > (EXACTLY if shape.is_exact else OF_SCENE)


def ground_chance(strokes: Strokes, size: tuple[int, ...], laid: Map) -> float:
    """Mean chance that the ground of letters on a photo of ``size`` [H, W, 3] was laid over it, -1 where all is ink.

    That is of their box where enough of it is away from them, else of what is around too.
    """
    high, wide = strokes.box.shape  # large letters are looked at smaller
    here = cv2.resize(pixels(laid, size, strokes.window), (wide, high), interpolation=cv2.INTER_NEAREST)
    reach = round(BLURRED_CELLS * cell_side(size) * strokes.scale)
    bare = cv2.dilate(strokes.glyphs.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) == 0
    inside = here[bare & strokes.box]
    seen = inside if inside.size >= SOME else here[bare]
    return float(seen.mean()) if seen.size else -1.0


def _framed(piece: NDArray[np.bool_], laid: Map, side: float, shape: tuple[int, ...]) -> Candidate:
    """The smallest box around a piece, level where it nearly is."""
    rows, columns = np.nonzero(piece)
    corners = np.concatenate([np.stack([columns + x, rows + y], axis=1) for x in (0, 1) for y in (0, 1)])
    middle, size, angle = cv2.minAreaRect(corners.astype(np.float32))
    if min(angle % 90, 90 - angle % 90) <= TILTED or 0.5 < size[0] / max(size[1], 1e-6) < 2:
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    else:
        quad = _clockwise(np.asarray(cv2.boxPoints((middle, size, angle)), np.float32))
    quad = np.clip(quad * side, 0, (shape[1] - 1, shape[0] - 1)).astype(np.float32)
    return Candidate(quad, float(laid[piece].mean()), Source.LAID)


def _clockwise(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners from the top left one on, as the text detector orders them."""
    start = int(np.argmin(box.sum(axis=1)))
    return np.roll(box, -start, axis=0)
