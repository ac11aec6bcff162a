"""The surroundings of each masked area: what the gates of an erasure look at."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from line.picture import Mask, Rgb

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float32]
Greys: TypeAlias = NDArray[np.uint8]
"""[H, W] luma in whole levels."""

RING = 16
"""Width in pixels of the ring of untouched picture that a fill is held against."""
MARGIN = RING + 8
JOIN = 8
"""Masked areas closer than about twice this many pixels are judged together, as the letters of a line are."""
MOST = 48
"""Past this many areas the join is widened: a page of loose letters must not cost a crop each."""


@dataclass(eq=False)
class Patch:
    """One masked area with a margin of its surroundings.

    Attributes:
        box: x, y, width, height of the crop in the picture.
        before, after: [h, w, 3] uint8 crops.
        mask: [h, w] uint8 crop; other areas' mask may reach into the margin.
    """

    box: tuple[int, int, int, int]
    before: Rgb
    after: Rgb
    mask: Mask

    @cached_property
    def inside(self) -> Bools:
        """[h, w] where pixels may have changed at all."""
        return self.mask > 0

    @cached_property
    def solid(self) -> Bools:
        """[h, w] where pixels are wholly the fill's (or mostly, where the whole mask is feather)."""
        whole = self.mask >= 250
        return whole if whole.sum() * 4 >= self.inside.sum() else self.mask >= 128

    @cached_property
    def distance(self) -> Floats:
        """[h, w] pixels from each untouched pixel to the mask; 0 in the mask."""
        return _distance(~self.inside)

    @cached_property
    def ring(self) -> Bools:
        """[h, w] untouched pixels no further than ``RING`` from the mask."""
        return ~self.inside & (self.distance <= RING)

    @cached_property
    def change(self) -> Greys:
        """[h, w] the greatest difference over the channels."""
        return change(self.before, self.after)

    @cached_property
    def before_gradient(self) -> Floats:
        """[h, w] length of the input's gradient (Sobel), levels a pixel and a half."""
        dx, dy = (cv2.Sobel(self.before_luma, cv2.CV_32F, *order, scale=0.25) for order in ((1, 0), (0, 1)))
        return cast(Floats, cv2.magnitude(dx, dy))

    @cached_property
    def before_luma(self) -> Floats:
        return luma(self.before)

    @cached_property
    def after_grey(self) -> Greys:
        """[h, w] BT.601 luma of the result in whole levels."""
        return cast(Greys, cv2.cvtColor(self.after, cv2.COLOR_RGB2GRAY))

    @cached_property
    def after_luma(self) -> Floats:
        return self.after_grey.astype(np.float32)


def change(before: Rgb, after: Rgb) -> Greys:
    """[H, W] uint8, the greatest difference over the channels."""
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    return cast(Greys, cv2.max(cv2.max(red, green), blue))


def luma(rgb: Rgb) -> Floats:
    """[H, W] float32 BT.601 luma, 0..255, of [H, W, 3] uint8."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)


def find_patches(before: Rgb, after: Rgb, mask: Mask) -> list[Patch]:
    """One patch per group of masked pixels, the largest first; empty where nothing is masked."""
    boxes = _boxes(mask, JOIN)
    widened = JOIN
    while len(boxes) > MOST:
        widened *= 2
        boxes = _boxes(mask, widened)
    found = []
    for x, y, w, h in boxes:
        left, top = max(0, x - MARGIN), max(0, y - MARGIN)
        area = np.s_[top : y + h + MARGIN, left : x + w + MARGIN]
        crop = mask[area]
        box = (left, top, crop.shape[1], crop.shape[0])
        found.append(Patch(box, before[area], after[area], crop))
    return sorted(found, key=lambda patch: -int(patch.inside.sum()))


def _boxes(mask: Mask, join: int) -> list[tuple[int, int, int, int]]:
    """Boxes around groups of masked pixels, found on a quarter of the size."""
    step = 4
    height, width = mask.shape
    if not mask.any():
        return []
    # every masked pixel must survive the reduction: the greatest value of each 4 × 4 square
    small = cv2.dilate(mask, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
    reach = 2 * max(1, join // step) + 1
    joined = cv2.dilate((small > 0).astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, found = cv2.connectedComponents(joined)
    labels = np.where(small == 0, 0, found).astype(np.int32)
    boxes = []
    for rows, columns in filter(None, ndimage.find_objects(labels, count - 1)):
        x, y = columns.start * step, rows.start * step
        boxes.append((x, y, min(width, columns.stop * step) - x, min(height, rows.stop * step) - y))
    return boxes


def _distance(where: Bools) -> Floats:
    return cast(Floats, cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 5))
