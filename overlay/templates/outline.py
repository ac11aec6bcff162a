"""An overlay's outline on a photo: where it fits best, and how well."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from overlay.templates.edges import Edges, agreement, edges

Floats = NDArray[np.float64]

SCALES = tuple(np.geomspace(0.84, 1.19, 15).tolist())
"""Factors by which an outline may differ in size from the box that it is looked for in."""
FINE_SCALES = tuple(np.geomspace(0.975, 1.025, 5).tolist())
"""The same once it was found."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Where an outline was found on a photo.

    Attributes:
        corner: x and y of its left upper corner there, pixels of the photo.
        scale: pixels of the outline per pixel of the photo.
        agreement: -1..1.
    """

    corner: Floats
    scale: float
    agreement: float

    def box(self, size: tuple[int, int]) -> Floats:
        """Left, top, right, bottom on the photo of what has ``size`` (width, height) with the outline."""
        return np.concatenate([self.corner, self.corner + np.array(size) / self.scale])


def rendered(
    picture: NDArray[np.uint8], corner: Floats, scale: float, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """A part of ``picture`` [H, W(, 3)] at another scale, [h, w(, 3)]; its edge goes on where it ends.

    Args:
        corner: x and y of the part's left upper corner (pixels of the picture).
        scale: pixels of the result per pixel of the picture.
        size: width and height of the result.
    """
    sides = np.array(picture.shape[1::-1])
    factor = max(1, int(1 / scale))
    low = np.clip(np.floor(corner) - factor, 0, sides - 1).astype(int)
    high = np.clip(np.ceil(corner + np.array(size) / scale) + factor, low + 1, sides).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    if factor > 1:
        smaller = (max(1, part.shape[1] // factor), max(1, part.shape[0] // factor))
        part = np.asarray(cv2.resize(part, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    step = np.array(part.shape[1::-1]) / (high - low)  # pixels of the part per pixel of the picture
    start = (corner - low + 0.5 / scale) * step - 0.5
    matrix = np.array([[step[0] / scale, 0, start[0]], [0, step[1] / scale, start[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(part, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def fit(rgb: Rgb, about: Floats, wanted: Edges, scales: Sequence[float], play: float) -> Fit:
    """The best place and scale of the outline ``wanted`` near a place.

    Args:
        about: left, top, right, bottom in pixels where the outline ought to be; it may lie beyond the photo in part.
        scales: those tried, each times what brings ``about`` to the outline's size.
        play: how far beside it may be, in pixels of the outline.
    """
    high, wide = wanted.shape[:2]
    usual = max(wide / (about[2] - about[0]), high / (about[3] - about[1]))
    size = (wide + 2 * int(play) + 1, high + 2 * int(play) + 1)
    fits = []
    for scale in (usual * factor for factor in scales):
        corner = (about[:2] + about[2:]) / 2 - np.array(size) / 2 / scale
        photo_edges = edges(rendered(rgb, corner, scale, size))
        _, value, _, place = cv2.minMaxLoc(agreement(photo_edges, wanted))
        fits.append(Fit(corner + np.array(place) / scale, scale, float(value)))
    return max(fits, key=lambda one: one.agreement)
