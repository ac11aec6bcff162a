"""One mark that stands several times on a photo: at one slant and of one ink, as no captions do."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TIMES = 3
"""Texts from which they are one mark."""
SLANTED = 8.0
"""Degrees from which a text is slanted: level lines of one ink are a description."""
ONE_SLANT = 12.0
"""Degrees by which the slants of one mark differ at most: boxes at the photo's borders are cut askew."""
ONE_INK = 20.0
"""Levels (Euclidean over RGB) within which inks are one."""


def stand_again(
    quads: Sequence[NDArray[np.float32]], inks: Sequence[NDArray[np.float32] | None]
) -> list[bool]:
    """For each text whether it is one of at least ``TIMES`` of one slant and one ink.

    Args:
        quads: [4, 2] corners of each, pixels, the first two along its upper side.
        inks: RGB in levels, None where a text has none.
    """
    slants = np.array([_slant(quad) for quad in quads])

    def are_one(place: int, other: int) -> bool:
        mine, its = inks[place], inks[other]
        if mine is None or its is None or min(abs(slants[place]), abs(slants[other])) < SLANTED:
            return False
        near = abs(slants[place] - slants[other]) <= ONE_SLANT
        return bool(near and np.linalg.norm(mine - its) < ONE_INK)

    return [sum(are_one(place, other) for other in range(len(quads))) >= TIMES for place in range(len(quads))]


def _slant(quad: NDArray[np.float32]) -> float:
    """Degrees of the longer side from level, -90..90."""
    first, second = quad[1] - quad[0], quad[2] - quad[1]
    along = first if np.linalg.norm(first) >= np.linalg.norm(second) else second
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    return (angle + 90) % 180 - 90
