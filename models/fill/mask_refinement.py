"""Which masked pixels to invent: masks are widened, and most of their rim was never painted over.

A mask is widened beyond the strokes for soft edges and for the rings that JPEG leaves round them.
What the photo shows there is the truth wherever it fits the surroundings, and every pixel that need
not be invented narrows the gap to be bridged. Where it does not fit, because of rings, a shadow or
a missed stroke, it is invented like the rest; where even pixels outside the mask bear rings on
quiet ground, the fill does not lean on them.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.fill.laplace_fill import membrane
from models.fill.opponent_colour import Hole, Planes, opponent

Level = NDArray[np.float32]
"""[H, W] float32, levels of deviation."""

DEEPEST = 5.0
"""Pixels from the mask's edge beyond which nothing is kept: what a caller widens a mask by."""
CALM, INK = 5.0, 7.0
"""Deviations from the soap film, in multiples of the photo's own detail: below may stay, above is ink."""
UNSEEN = np.array([0.0, 1.0, 1.0], np.float32)
"""Levels that each plane may be off besides: planes of colour may be wholly even."""
NEAR_INK = 2
"""Pixels around ink that are invented with it: its soft edge."""
QUIETEST = 0.2
"""Levels taken off the photo's detail: on a wholly flat ground nothing stays, since the fill is better."""
CLEAR = 3
"""Pixels outside the mask up to which rings are looked for, and hidden from the fill."""
REACH = 24
"""Pixels outside the mask up to which the photo's own detail is measured."""
RINGING_LOUDEST = 25.0
"""The same inside the blocks that hold ink."""
WINDOW = 41
SEEN = 0.1
"""Share of a window below which too little ground is in it to call it quiet."""
JPEG = 8
"""Side in pixels of the blocks that JPEG packs by themselves."""
RINGING = 2.0
"""Detail next to the mask in multiples of detail further out: above it is ringing."""
RINGING_QUIET, RINGING_MOST = 1.5, 6.0
"""Levels: rings are told from texture on ground quieter than the first, from edges if weaker than the second."""


def to_invent(planes: Planes, mask: Hole) -> tuple[Hole, Hole]:
    """Two parts of a picture: what of ``mask`` to replace, and what not to lean on (more, with rings)."""
    outside = ~mask
    away = cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    detail = _detail(planes, outside)
    usual = _level(detail, (away > CLEAR) & (away < REACH))
    beside = _level(detail, (away > 0) & (away <= CLEAR))
    ringing = _is_ringing(_over_planes(beside), _over_planes(usual))
    usual = np.maximum(usual - QUIETEST, 0)

    off = (planes - membrane(planes, mask)) ** 2
    off = np.sqrt(np.maximum(cv2.blur(off, (3, 3)), 0))  # a running sum may end below nought
    ink = mask & (_over_planes(off) > INK * _over_planes(usual) + 2)
    near_ink = cv2.dilate(ink.astype(np.uint8), np.ones((2 * NEAR_INK + 1,) * 2, np.uint8)) > 0
    # plane by plane: a fringe of colour does not hide in a texture that is grey
    calm = (off <= CALM * usual + UNSEEN).all(axis=-1)
    keep = mask & ~near_ink & calm & (depth <= DEEPEST) & ~ringing
    invent = mask & ~_touching(keep, outside)
    return invent, invent | (outside & ringing & (away <= CLEAR))


def ringed(rgb: Rgb, ink: Hole) -> Hole:
    """Pixels around ``ink`` that show rings on quiet ground: JPEG spreads them over its blocks of 8 x 8 pixels.

    Args:
        rgb: [H, W, 3] uint8 whose blocks begin at its corner, as those of a JPEG file do.
    """
    high, wide = ink.shape
    away = cv2.distanceTransform((~ink).astype(np.uint8), cv2.DIST_L2, 5)
    full = np.pad(ink, ((0, -high % JPEG), (0, -wide % JPEG)))
    held = full.reshape(full.shape[0] // JPEG, JPEG, -1, JPEG).any(axis=(1, 3))
    blocks = held.repeat(JPEG, axis=0).repeat(JPEG, axis=1)[:high, :wide] & ~ink & (away <= JPEG)
    detail = _detail(opponent(rgb), away > 1)
    far = (away > JPEG + CLEAR) & (away < REACH + CLEAR)
    known = cv2.blur(far.astype(np.float32), (WINDOW, WINDOW)) > SEEN
    usual, beside = _level(detail, far), _level(detail, blocks & (away > CLEAR))
    return blocks & known & _is_ringing(_over_planes(beside), _over_planes(usual), RINGING_LOUDEST)


def _is_ringing(beside: Level, usual: Level, most: float = RINGING_MOST) -> Hole:
    quiet = (usual < RINGING_QUIET) & (beside < most)
    return quiet & (beside > RINGING * usual + 0.3)


def _over_planes(levels: Planes) -> Level:
    """Root mean square of the three planes."""
    return cast(Level, np.sqrt((levels**2).mean(axis=-1)))


def _detail(planes: Planes, known: Hole) -> Planes:
    """Squared difference of known pixels to their blurred known neighbours."""
    weight = known.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), 2.5), 1e-4)[..., None]
    blurred = cv2.GaussianBlur(planes * weight[..., None], (0, 0), 2.5) / share
    return cast(Planes, (planes - blurred) ** 2)


def _level(squares: Planes, where: Hole) -> Planes:
    """Root mean square over the pixels of ``where`` in a window; 0 where it holds none."""
    weight = where.astype(np.float32)[..., None]
    total, count = (cv2.blur(part, (WINDOW, WINDOW)) for part in (squares * weight, weight))
    return cast(Planes, np.sqrt(np.maximum(total, 0) / np.maximum(count, 1e-4)[..., None]))


def _touching(keep: Hole, outside: Hole) -> Hole:
    """Those pixels of ``keep`` that hang together with the picture outside."""
    count, labels = cv2.connectedComponents((keep | outside).astype(np.uint8), connectivity=4)
    joined = np.zeros(count, np.bool_)
    joined[labels[outside]] = True
    return cast(Hole, keep & joined[labels])
