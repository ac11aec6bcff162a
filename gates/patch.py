"""Masked areas cropped with their surroundings, the input of the gates for erased text."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float32]
Greys: TypeAlias = NDArray[np.uint8]
"""[H, W] luma in whole levels."""

RING = 16
"""Width (pixels) of the ring of untouched picture that a fill is compared with."""
MARGIN = RING + 8
JOIN = 8
"""Masked areas closer than about twice this distance (pixels) share a patch, such as the letters of a line."""
MAX_PATCHES = 48
"""Maximum number of patches. With more, the join distance is doubled: a crop for each loose letter costs too much."""


@dataclass(eq=False)
class Patch:
    """One masked area with a margin of its surroundings.

    Attributes:
        box: x, y, width, height in pixels of the crop in the picture.
        before, after: [h, w, 3] uint8 crops.
        mask: [h, w] uint8 crop; other areas' mask may reach into the margin.
    """

    box: tuple[int, int, int, int]
    before: Rgb
    after: Rgb
    mask: Mask

    @cached_property
    def inside(self) -> Bools:
        """[h, w] bool, pixels that the edit was allowed to change."""
        return self.mask > 0

    @cached_property
    def solid(self) -> Bools:
        """[h, w] bool, pixels that show only the fill (or mostly, if the mask consists of feather)."""
        whole = self.mask >= 250
        return whole if whole.sum() * 4 >= self.inside.sum() else self.mask >= 128

    @cached_property
    def distance(self) -> Floats:
        """[h, w] float32, distance of each untouched pixel to the mask in pixels; 0 inside the mask."""
        return _distance(~self.inside)

    @cached_property
    def ring(self) -> Bools:
        """[h, w] bool, untouched pixels at most ``RING`` pixels from the mask."""
        return ~self.inside & (self.distance <= RING)

    @cached_property
    def change(self) -> Greys:
        """[h, w] uint8, greatest absolute difference over the channels."""
        return change(self.before, self.after)

    @cached_property
    def before_gradient(self) -> Floats:
        """[h, w] float32, magnitude of the input's Sobel gradient at a scale of 0.25, i.e. levels per half pixel."""
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
    """[H, W] uint8, greatest absolute difference over the channels of two [H, W, 3] uint8 pictures."""
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    return cast(Greys, cv2.max(cv2.max(red, green), blue))


def luma(rgb: Rgb) -> Floats:
    """[H, W] float32 BT.601 luma, 0..255, of an [H, W, 3] uint8 RGB picture."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)


def find_patches(before: Rgb, after: Rgb, mask: Mask) -> list[Patch]:
    """One patch for each group of masked pixels, largest first; an empty list without masked pixels.

    Args:
        before, after: [H, W, 3] uint8 RGB pictures of one size.
        mask: [H, W] uint8, 0 where pixels must not change.
    """
    boxes = _boxes(mask, JOIN)
    join = JOIN
    while len(boxes) > MAX_PATCHES:
        join *= 2
        boxes = _boxes(mask, join)
    patches = []
    for x, y, w, h in boxes:
        left, top = max(0, x - MARGIN), max(0, y - MARGIN)
        area = np.s_[top : y + h + MARGIN, left : x + w + MARGIN]
        crop = mask[area]
        box = (left, top, crop.shape[1], crop.shape[0])
        patches.append(Patch(box, before[area], after[area], crop))
    return sorted(patches, key=lambda patch: -int(patch.inside.sum()))


def _boxes(mask: Mask, join: int) -> list[tuple[int, int, int, int]]:
    """Boxes around groups of masked pixels, searched at a quarter of the size."""
    step = 4
    height, width = mask.shape
    if not mask.any():
        return []
    from scipy import ndimage  # a second of imports, for the few photos with a mask

    # the maximum of each 4 × 4 square, so that the reduction keeps single masked pixels
    small = cv2.dilate(mask, np.ones((step, step), np.uint8), anchor=(0, 0))[::step, ::step]
    side = 2 * max(1, join // step) + 1
    joined = cv2.dilate((small > 0).astype(np.uint8), np.ones((side, side), np.uint8))
    count, components = cv2.connectedComponents(joined)
    labels = np.where(small == 0, 0, components).astype(np.int32)
    boxes = []
    for rows, columns in filter(None, ndimage.find_objects(labels, count - 1)):
        x, y = columns.start * step, rows.start * step
        boxes.append((x, y, min(width, columns.stop * step) - x, min(height, rows.stop * step) - y))
    return boxes


def _distance(where: Bools) -> Floats:
    return cast(Floats, cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 5))
