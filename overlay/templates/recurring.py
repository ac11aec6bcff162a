"""Overlays at the same relative place on many photos of one vendor: a stamp, not the product's print."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from line.facts import Box

MIN_OVERLAP = 0.5
"""Minimum intersection over union of two boxes at the same place."""
MIN_PHOTOS = 5
"""Minimum number of photos from which anything is concluded."""
MIN_SHARE = 0.1
"""Minimum share of photos; below it may be chance."""


@dataclass(frozen=True)
class Placed:
    """One region on one photo: the photo's id, and where the region stands on it."""

    image: int
    box: Box


@dataclass(frozen=True)
class Recurring:
    """A place where regions come back.

    Attributes:
        box: median of the regions' boxes.
        images: photos with a region there, sorted.
    """

    box: Box
    images: tuple[int, ...]


def recurring(regions: Sequence[Placed], *, least: int = MIN_PHOTOS) -> list[Recurring]:
    """Places with regions on at least ``least`` photos, most frequent first.

    Takes memory for a number per pair of regions; a photo may have several.
    """
    left = list(regions)
    places: list[Recurring] = []
    while left:
        boxes = np.array([region.box for region in left])
        alike = overlap(boxes) >= MIN_OVERLAP
        ids = np.array([region.image for region in left])
        counts = [len(set(ids[row])) for row in alike]
        best = int(np.argmax(counts))
        if counts[best] < least:
            break
        members = alike[best]
        x0, y0, x1, y1 = (float(value) for value in np.median(boxes[members], axis=0))
        places.append(Recurring((x0, y0, x1, y1), tuple(sorted(set(ids[members].tolist())))))
        left = [region for region, taken in zip(left, members, strict=True) if not taken]
    return places


def overlap(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each box [n, 4] (left, top, right, bottom) with each, [n, n]."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1)
    return np.asarray(shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-12))
