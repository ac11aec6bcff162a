"""Detection of uniform texture around a hole.

Only uniform texture may be continued by copies: copied cloth or sand is still cloth or sand, but a copied buckle,
seam or letter would change the product.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from models.fill.mask_refinement import Level
from models.fill.opponent_colour import Hole, Planes

MIN_DISTANCE, MAX_DISTANCE = 2, 28
"""Distances from the hole between which the texture is measured (pixels)."""
WINDOW_MARGIN = 20
"""Width by which the window exceeds the depth of the hole on each side (pixels)."""
SIGMA = 4.0
"""Standard deviation of the blur that separates shading from texture (pixels)."""
MIN_PIXELS = 300
"""Minimum number of measured pixels in a window."""
MAX_SHADING_RATIO = 0.9
"""Maximum deviation of the shading, as a multiple of the texture."""
MAX_ENERGY_DEVIATION = 0.65
"""Maximum deviation of the energy of a uniform texture (log2)."""
MIN_TEXTURE = 5.0
"""Minimum level of the texture; below, grain is enough."""
MAX_TEXTURE = 90.0
"""Maximum level of the texture; above, it may be a barcode or letters, which must not be copied."""
ENERGY_SCALE = 6.0
"""Levels of shading that count as much as a doubling of the energy."""
MAX_DEVIATIONS = 2.0
"""Maximum distance of a source from the mean (standard deviations of the texture)."""
MIN_TOLERANCE = np.array([2.5, 2.5, 2.5, 1.25], np.float32)
"""Tolerance added for each feature."""
MIN_DIAMETER = 25
"""Minimum diameter of an area that is filled by copies (pixels)."""


@dataclass(frozen=True, eq=False)
class TextureStats:
    """Local texture features, and their mean around each pixel of the hole.

    Attributes:
        features: [H, W, 4] float32, three planes of shading and log2 of the texture's energy times ``ENERGY_SCALE``.
        mean: [H, W, 4] float32, mean of the features in the window around each pixel.
        tolerance: [H, W, 4] float32, maximum difference from ``mean`` of a place with the same texture.
    """

    features: Planes
    mean: Planes
    tolerance: Planes


def uniform_texture(planes: Planes, barred: Hole, hole: Hole) -> tuple[Hole, TextureStats]:
    """The part of the hole in a uniform texture, and the statistics of the texture.

    Args:
        planes: [H, W, 3] float32 opponent planes.
        barred: [H, W] bool, pixels that are not measured: this hole with its ringing, and other holes.
        hole: [H, W] bool, pixels to fill.
    """
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    valid = (~barred).astype(np.float32)
    share = np.maximum(_blurred(valid), 1e-3)
    shading = _blurred(planes * valid[..., None]) / share[..., None]
    fine = ((planes - shading) ** 2).sum(axis=-1) * valid
    energy = ENERGY_SCALE * np.log2(_blurred(fine) / share + 1)
    features = np.concatenate([shading, energy[..., None]], axis=-1)

    ring = ((distance > MIN_DISTANCE) & (distance <= MAX_DISTANCE) & ~barred).astype(np.float32)
    side = 2 * int(depth(hole) + WINDOW_MARGIN) + 1
    count = np.maximum(_summed(ring, side), 1e-3)
    mean, square = (
        _summed(part * ring[..., None], side) / count[..., None] for part in (features, features**2)
    )
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    texture = np.sqrt(np.maximum(_summed(fine * ring, side) / count, 0))
    even = hole & (count > MIN_PIXELS) & (texture >= MIN_TEXTURE) & (texture <= MAX_TEXTURE)
    even &= np.sqrt((deviation[..., :3] ** 2).sum(axis=-1)) <= MAX_SHADING_RATIO * texture
    even &= deviation[..., 3] <= ENERGY_SCALE * MAX_ENERGY_DEVIATION
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (MIN_DIAMETER, MIN_DIAMETER))
    opened = cv2.morphologyEx(even.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    # limited, so that sources for a barely uniform texture do not include seams and letters
    deviation[..., 3] = np.minimum(deviation[..., 3], ENERGY_SCALE / 2)
    tolerance = MAX_DEVIATIONS * deviation + MIN_TOLERANCE
    return opened & hole, TextureStats(features, cast(Planes, mean), cast(Planes, tolerance))


def depth(hole: Hole) -> float:
    """Distance from the innermost pixel of ``hole`` to its edge (pixels)."""
    return float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max())


def _blurred(plane: Level) -> Level:
    return cast(Level, cv2.GaussianBlur(plane, (0, 0), SIGMA))


def _summed(plane: Level, side: int) -> Level:
    return cast(
        Level, cv2.boxFilter(plane, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    )
