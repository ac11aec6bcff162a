"""Text at the same relative place on many photos of one vendor: a stamp, not the product's print."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from line.facts import Box

ALIKE = 0.5
"""Intersection over union from which two boxes are at the same place."""


LEAST = 5
"""Photos below which nothing is concluded."""
LEAST_SHARE = 0.1
"""Share of photos below which it may be chance."""


@dataclass(frozen=True)
class Placed:
    """One text on one photo: the photo's id, and where the text stands on it."""

    image: int
    box: Box


@dataclass(frozen=True)
class Recurring:
    """A place where text comes back.

    Attributes:
        box: median of the texts' boxes.
        images: photos with text there, sorted.
    """

    box: Box
    images: tuple[int, ...]


def box_of(quad: Sequence[Sequence[float]] | NDArray[np.float32], width: int, height: int) -> Box:
    """The upright box around corners in pixels, as shares of the photo and not beyond it."""
    corners = np.clip(np.asarray(quad, np.float64) / (width, height), 0, 1)
    left, top = (float(value) for value in corners.min(axis=0))
    right, bottom = (float(value) for value in corners.max(axis=0))
    return left, top, right, bottom


def rounded(box: Box) -> Box:
    """A box with four decimals, as the records keep it."""
    left, top, right, bottom = (round(share, 4) for share in box)
    return left, top, right, bottom


def recurring(texts: Sequence[Placed], *, least: int = LEAST) -> list[Recurring]:
    """Places with text on at least ``least`` photos, most frequent first.

    Takes memory for a number per pair of texts; a photo may have several.
    """
    left = list(texts)
    found: list[Recurring] = []
    while left:
        boxes = np.array([text.box for text in left])
        alike = overlap(boxes) >= ALIKE
        ids = np.array([text.image for text in left])
        counts = [len(set(ids[row])) for row in alike]
        best = int(np.argmax(counts))
        if counts[best] < least:
            break
        members = alike[best]
        x0, y0, x1, y1 = (float(value) for value in np.median(boxes[members], axis=0))
        found.append(Recurring((x0, y0, x1, y1), tuple(sorted(set(ids[members].tolist())))))
        left = [text for text, taken in zip(left, members, strict=True) if not taken]
    return found


def overlap(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each box [n, 4] (left, top, right, bottom) with each, [n, n]."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1)
    return np.asarray(shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-12))
