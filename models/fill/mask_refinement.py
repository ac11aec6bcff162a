"""Selection of the masked pixels that need a fill.

Masks are wider than the strokes, to cover soft edges and JPEG ringing. Masked pixels that fit the surroundings still
show the photo; keeping them narrows the gap. Pixels that do not fit, because of ringing, a shadow or a missed stroke,
are filled. Pixels outside the mask with ringing on a smooth surface are not used as surroundings.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.fill.laplace_fill import laplace_fill
from models.fill.opponent_colour import Hole, Planes, opponent

Level = NDArray[np.float32]
"""[H, W] float32, levels of deviation."""

MAX_KEPT_DEPTH = 5.0
"""Maximum depth of kept pixels (pixels from the mask's edge), about the width by which masks are widened."""
MAX_KEPT_DEVIATION, MIN_INK_DEVIATION = 5.0, 7.0
"""Deviation from the Laplace fill in multiples of the photo's detail: maximum of kept pixels, minimum of ink."""
INVISIBLE_DEVIATION = np.array([0.0, 1.0, 1.0], np.float32)
"""Deviation tolerated in each plane (levels); the colour planes may have no detail at all."""
INK_MARGIN = 2
"""Width of the soft edge around ink that is filled too (pixels)."""
MIN_DETAIL = 0.2
"""Level subtracted from the photo's detail, so that flat surfaces are always filled, which looks better."""
RINGING_WIDTH = 3
"""Width of the border outside the mask that is checked for ringing (pixels)."""
DETAIL_WIDTH = 24
"""Width of the border outside the mask where the photo's detail is measured (pixels)."""
MAX_BLOCK_RINGING = 25.0
"""Maximum level of ringing inside JPEG blocks that contain ink."""
WINDOW = 41
"""Side of the window of local levels (pixels)."""
MIN_WINDOW_SHARE = 0.1
"""Minimum share of a window with measured pixels to judge its level."""
JPEG = 8
"""Side of a JPEG block (pixels)."""
MIN_RINGING_RATIO = 2.0
"""Minimum ratio of the detail next to the mask to the detail farther away for ringing."""
MAX_SMOOTH_DETAIL, MAX_RINGING = 1.5, 6.0
"""Maximum detail of a smooth surface, where ringing differs from texture, and maximum level of ringing (levels)."""


def refine_mask(planes: Planes, mask: Hole) -> tuple[Hole, Hole]:
    """Pixels to fill, and pixels not to use as surroundings.

    Args:
        planes: [H, W, 3] float32 opponent planes.
        mask: [H, W] bool.

    Returns:
        Two [H, W] bool planes: the part of ``mask`` to fill, and the same with ringing outside the mask.
    """
    outside = ~mask
    distance = cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    detail = _detail(planes, outside)
    usual = _level(detail, (distance > RINGING_WIDTH) & (distance < DETAIL_WIDTH))
    beside = _level(detail, (distance > 0) & (distance <= RINGING_WIDTH))
    ringing = _is_ringing(_over_planes(beside), _over_planes(usual))
    usual = np.maximum(usual - MIN_DETAIL, 0)

    deviation = (planes - laplace_fill(planes, mask)) ** 2
    deviation = np.sqrt(np.maximum(cv2.blur(deviation, (3, 3)), 0))  # running sums may be slightly negative
    ink = mask & (_over_planes(deviation) > MIN_INK_DEVIATION * _over_planes(usual) + 2)
    ink = cv2.dilate(ink.astype(np.uint8), np.ones((2 * INK_MARGIN + 1,) * 2, np.uint8)) > 0
    # each plane separately, because a colour fringe may lie in a grey texture
    fits = (deviation <= MAX_KEPT_DEVIATION * usual + INVISIBLE_DEVIATION).all(axis=-1)
    keep = mask & ~ink & fits & (depth <= MAX_KEPT_DEPTH) & ~ringing
    invent = mask & ~_connected(keep, outside)
    return invent, invent | (outside & ringing & (distance <= RINGING_WIDTH))


def ringing_pixels(rgb: Rgb, ink: Hole) -> Hole:
    """[H, W] bool, pixels with ringing on a smooth surface in the JPEG blocks (8 × 8 pixels) that contain ``ink``.

    Args:
        rgb: [H, W, 3] uint8 with blocks aligned to its upper left corner, as in a JPEG file.
        ink: [H, W] bool, pixels of the overlay.
    """
    high, wide = ink.shape
    distance = cv2.distanceTransform((~ink).astype(np.uint8), cv2.DIST_L2, 5)
    full = np.pad(ink, ((0, -high % JPEG), (0, -wide % JPEG)))
    inked = full.reshape(full.shape[0] // JPEG, JPEG, -1, JPEG).any(axis=(1, 3))
    blocks = inked.repeat(JPEG, axis=0).repeat(JPEG, axis=1)[:high, :wide] & ~ink & (distance <= JPEG)
    detail = _detail(opponent(rgb), distance > 1)
    far = (distance > JPEG + RINGING_WIDTH) & (distance < DETAIL_WIDTH + RINGING_WIDTH)
    measured = cv2.blur(far.astype(np.float32), (WINDOW, WINDOW)) > MIN_WINDOW_SHARE
    usual, beside = _level(detail, far), _level(detail, blocks & (distance > RINGING_WIDTH))
    return blocks & measured & _is_ringing(_over_planes(beside), _over_planes(usual), MAX_BLOCK_RINGING)


def _is_ringing(beside: Level, usual: Level, max_ringing: float = MAX_RINGING) -> Hole:
    smooth = (usual < MAX_SMOOTH_DETAIL) & (beside < max_ringing)
    return smooth & (beside > MIN_RINGING_RATIO * usual + 0.3)


def _over_planes(levels: Planes) -> Level:
    """Root mean square of the three planes."""
    return cast(Level, np.sqrt((levels**2).mean(axis=-1)))


def _detail(planes: Planes, valid: Hole) -> Planes:
    """Squared difference between valid pixels and the weighted blur of their valid neighbours."""
    weight = valid.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), 2.5), 1e-4)[..., None]
    blurred = cv2.GaussianBlur(planes * weight[..., None], (0, 0), 2.5) / share
    return cast(Planes, (planes - blurred) ** 2)


def _level(squares: Planes, where: Hole) -> Planes:
    """Root mean square over the pixels of ``where`` in a window; 0 if the window contains none."""
    weight = where.astype(np.float32)[..., None]
    total, count = (cv2.blur(part, (WINDOW, WINDOW)) for part in (squares * weight, weight))
    return cast(Planes, np.sqrt(np.maximum(total, 0) / np.maximum(count, 1e-4)[..., None]))


def _connected(keep: Hole, outside: Hole) -> Hole:
    """Pixels of ``keep`` that are connected with the picture outside the mask."""
    count, labels = cv2.connectedComponents((keep | outside).astype(np.uint8), connectivity=4)
    joined = np.zeros(count, np.bool_)
    joined[labels[outside]] = True
    return cast(Hole, keep & joined[labels])
