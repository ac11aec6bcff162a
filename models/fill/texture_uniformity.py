"""Where the ground around a hole is one even texture, and what of the photo looks like it.

Only such ground may be continued by examples: a copied piece of cloth or sand is cloth or sand, while a
copied buckle, seam or letter would be a product that does not exist.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from models.fill.mask_refinement import Level
from models.fill.opponent_colour import Hole, Planes

NEAREST, FURTHEST = 2, 28
"""Pixels from the hole between which the ground is read."""
BEYOND = 20
"""Pixels by which the window that is read is wider to each side than the hole is deep."""
SIGMA = 4.0
"""Pixels of the blur that tells shades from texture."""
FEWEST = 300
SHADES = 0.9
"""Deviation of the shades, as a multiple of the texture's own, up to which the texture outweighs them."""
DOUBLINGS = 0.65
"""Deviation of the texture's energy from place to place, in doublings, up to which it is even."""
FAINTEST = 5.0
"""Levels of texture below which grain does as well."""
LOUDEST = 90.0
"""Levels above which it is bars or letters: a barcode made of copied bars would name another product."""
DOUBLING = 6.0
"""What a doubling of energy counts among levels of shade."""
ALIKE = 2.0
"""Deviations of the ground's look within which a place may lend."""
SLACK = np.array([2.5, 2.5, 2.5, 1.25], np.float32)
"""Levels, and parts of a doubling, in any case."""
SMALLEST = 25
"""Diameter in pixels of the smallest place that is filled by examples."""


@dataclass(frozen=True, eq=False)
class Look:
    """How each place looks, and how the ground near each pixel of the hole does.

    Attributes:
        found: [H, W, 4] float32, three shades and the texture's energy in doublings times ``DOUBLING``.
        mean: [H, W, 4] float32, of the ground in the window around a pixel.
        reach: [H, W, 4] float32, up to how far from ``mean`` a place looks like the ground.
    """

    found: Planes
    mean: Planes
    reach: Planes


def even_ground(planes: Planes, barred: Hole, hole: Hole) -> tuple[Hole, Look]:
    """Which part of ``hole`` [H, W] lies in one even texture, and that texture's look.

    Args:
        barred: what is not to be leaned on: this hole with its rings, and other holes.
    """
    away = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    known = (~barred).astype(np.float32)
    share = np.maximum(_blurred(known), 1e-3)
    shades = _blurred(planes * known[..., None]) / share[..., None]
    fine = ((planes - shades) ** 2).sum(axis=-1) * known
    energy = DOUBLING * np.log2(_blurred(fine) / share + 1)
    found = np.concatenate([shades, energy[..., None]], axis=-1)

    ring = ((away > NEAREST) & (away <= FURTHEST) & ~barred).astype(np.float32)
    side = 2 * int(depth(hole) + BEYOND) + 1
    count = np.maximum(_summed(ring, side), 1e-3)
    mean, square = (_summed(part * ring[..., None], side) / count[..., None] for part in (found, found**2))
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    texture = np.sqrt(np.maximum(_summed(fine * ring, side) / count, 0))
    even = hole & (count > FEWEST) & (texture >= FAINTEST) & (texture <= LOUDEST)
    even &= np.sqrt((deviation[..., :3] ** 2).sum(axis=-1)) <= SHADES * texture
    even &= deviation[..., 3] <= DOUBLING * DOUBLINGS
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SMALLEST, SMALLEST))
    opened = cv2.morphologyEx(even.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    # the energy of a texture that is hardly even does not open the door to seams and letters
    deviation[..., 3] = np.minimum(deviation[..., 3], DOUBLING / 2)
    return opened & hole, Look(found, cast(Planes, mean), cast(Planes, ALIKE * deviation + SLACK))


def depth(hole: Hole) -> float:
    """Pixels from the innermost pixel of ``hole`` to the ground."""
    return float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max())


def _blurred(plane: Level) -> Level:
    return cast(Level, cv2.GaussianBlur(plane, (0, 0), SIGMA))


def _summed(plane: Level, side: int) -> Level:
    return cast(
        Level, cv2.boxFilter(plane, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    )
