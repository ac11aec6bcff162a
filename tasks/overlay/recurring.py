"""Text at the same relative place on many photos of one vendor: a stamp, not the product's print."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.5
"""Intersection over union from which two boxes are at the same place."""


@dataclass(frozen=True)
class Placed:
    """One text on one photo.

    Attributes:
        image: the photo's id.
        box: left, top, right, bottom as shares of the photo's width and height, 0..1.
    """

    image: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Recurring:
    """A place where text comes back.

    Attributes:
        box: median left, top, right, bottom, shares of width and height.
        images: photos with text there, sorted.
        share: of all photos looked at.
    """

    box: tuple[float, float, float, float]
    images: tuple[str, ...]
    share: float


def placed(image: str, quad: Sequence[Sequence[float]], width: int, height: int) -> Placed:
    """A region's corners in pixels as shares of the photo."""
    corners = np.asarray(quad, np.float64) / (width, height)
    left, top = (float(value) for value in corners.min(axis=0))
    right, bottom = (float(value) for value in corners.max(axis=0))
    return Placed(image, (left, top, right, bottom))


def recurring(
    texts: Sequence[Placed], photos: int, *, least: int = 4, least_share: float = 0.3
) -> list[Recurring]:
    """Places with text on at least ``least`` photos and ``least_share`` of all, most frequent first.

    Args:
        texts: texts of all photos, any order; a photo may have several.
        photos: how many photos were looked at, those without text among them.
        least: photos below which nothing is concluded.
        least_share: share of photos below which it may be chance.
    """
    left = list(texts)
    found: list[Recurring] = []
    while left:
        boxes = np.array([text.box for text in left])
        alike = overlap(boxes) >= ALIKE
        ids = np.array([text.image for text in left])
        counts = [len(set(ids[row])) for row in alike]
        best = int(np.argmax(counts))
        if counts[best] < least or counts[best] < least_share * photos:
            break
        members = alike[best]
        middle = np.median(boxes[members], axis=0)
        images = tuple(sorted(set(ids[members].tolist())))
        box = (float(middle[0]), float(middle[1]), float(middle[2]), float(middle[3]))
        found.append(Recurring(box, images, len(images) / photos))
        left = [text for text, taken in zip(left, members, strict=True) if not taken]
    return found


def overlap(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each box [n, 4] (left, top, right, bottom) with each, [n, n]."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1)
    return np.asarray(shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-12))
