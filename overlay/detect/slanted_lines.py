"""The rest of a slanted line of which the detector saw a part: a look along it, levelled."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.contract import Region, TextFinder
from overlay.mask.strokes import sides

SLANT = 6.0
"""Degrees from which a line is slanted: less does not trouble the detector."""
LETTERS = 32.0
"""Pixels that the line's height is made smaller to."""
REACH = 1.0
"""How far beyond either end is looked, in lengths of what was seen, or at least four heights."""
MOST = 6
"""Lines of one photo that are followed, longest first: a page of slanted print is print."""
HELD = 0.5
"""Share of a box that lies inside another from which it is a part of that."""
NEW = 0.3
"""Share of a box that others may cover, and it is still new."""
LONGER = 1.15
"""Times a line's length from which another box tells more of it."""


def follow(rgb: Rgb, finder: TextFinder, seen: Sequence[Region]) -> list[Region]:
    """Lines of text along the slanted ones of ``seen`` that are longer than these, or new.

    A strip costs some percent of a look at the whole photo.
    """
    slanted = sorted(
        (region for region in seen if tilt(region.quad) > SLANT), key=lambda region: -sides(region.quad)[0]
    )
    added: list[Region] = []
    for line in slanted[:MOST]:
        if any(holds(other, line) for other in added):
            continue
        for region in _along(rgb, finder, line.quad):
            longer = sides(region.quad)[0] > LONGER * sides(line.quad)[0]
            known = added if holds(region, line) and longer else [*seen, *added]
            if all(shared(region.quad, other.quad) < NEW * area(region.quad) for other in known):
                added.append(region)
    return added


def holds(one: Region, other: Region) -> bool:
    """Whether most of ``other`` is inside ``one``."""
    return shared(one.quad, other.quad) > HELD * area(other.quad)


def tilt(quad: NDArray[np.float32]) -> float:
    """Degrees, 0..45, by which the long side is off both axes."""
    edge = quad[1] - quad[0]
    if np.linalg.norm(edge) < np.linalg.norm(quad[2] - quad[1]):
        edge = quad[2] - quad[1]
    angle = float(np.degrees(np.arctan2(edge[1], edge[0]))) % 90
    return min(angle, 90 - angle)


def area(quad: NDArray[np.float32]) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def shared(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pixels that two convex quads have in common."""
    return float(cv2.intersectConvexConvex(one.astype(np.float32), other.astype(np.float32))[0])


def levelled(
    rgb: Rgb, quad: NDArray[np.float32], reach: float, high: float, scale: float
) -> tuple[Rgb, NDArray[np.float32]]:
    """A strip along the line in ``quad``, level, and the [2, 3] float32 map of its pixels to the photo's.

    Args:
        reach: photo pixels beyond either end; what lies outside the photo repeats its border.
        high: photo pixels across.
        scale: strip pixels per photo pixel.
    """
    along, _ = sides(quad)
    edge = quad[1] - quad[0]
    if np.linalg.norm(edge) < np.linalg.norm(quad[2] - quad[1]):
        edge = quad[2] - quad[1]
    edge = edge * np.sign(edge[0] or 1) / max(float(np.linalg.norm(edge)), 1e-6)
    down = np.array([-edge[1], edge[0]], np.float32)
    size = (max(8, round((along + 2 * reach) * scale)), max(8, round(high * scale)))
    start = quad.mean(axis=0) - edge * size[0] / 2 / scale - down * size[1] / 2 / scale
    back = np.column_stack([edge / scale, down / scale, start]).astype(np.float32)
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = cv2.GaussianBlur(rgb, (0, 0), 0.35 / scale) if scale < 0.6 else rgb
    strip = cv2.warpAffine(small, back, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.uint8), back


def _along(rgb: Rgb, finder: TextFinder, quad: NDArray[np.float32]) -> list[Region]:
    along, across = sides(quad)
    scale = min(1.0, LETTERS / max(across, 1.0))
    strip, back = levelled(rgb, quad, max(REACH * along, 4 * across), 3 * across, scale)
    return [
        Region((region.quad @ back[:, :2].T + back[:, 2]).astype(np.float32), region.score)
        for region in finder.find(strip, limit=max(strip.shape[:2]))
    ]
