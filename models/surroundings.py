"""Fills holes from their surroundings: sparse local cosines with grain, or pieces of a uniform texture."""

from typing import ClassVar, cast

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Filler
from models.fill.cosine import BLOCK, sparse_dct
from models.fill.exemplar import MARGIN, exemplar_fill
from models.fill.grain import add_grain
from models.fill.laplace_fill import laplace_fill
from models.fill.mask_refinement import refine_mask
from models.fill.opponent_colour import Box, Hole, Planes, hole_groups, opponent, to_rgb

MAX_COSINE_DEPTH, MIN_SHADING_DEPTH = 8.0, 24.0
"""Depths (pixels from the edge of the hole) between which the fill changes from cosines to smooth shading."""
CORE_DEPTH = 16.0
"""Minimum depth of a hole's core (pixels), where cosines have no support."""
MIN_CORE_SHARE = 0.05
"""Minimum share of the core in a deep hole; holes of touching letters stay below."""


class Surroundings(Filler):
    """Iterated thresholding of overlapping cosine blocks, from coarse to fine.

    1. Masked pixels that still show the photo are detected and kept.
    2. The Laplace equation gives a smooth first fill of the other pixels.
    3. Iterated thresholding of local cosine coefficients continues shades, edges and weave into the hole.
    4. Deep pixels fade to a second Laplace fill of that result, because cosines lack support there.
    5. Grain of the strength and fineness of the surroundings is added.
    6. In deep holes with a uniform texture around them, copied pieces of the texture replace the fill.
    """

    name = "surroundings"
    licence = "MIT"
    source = "Guleryuz, IEEE Transactions on Image Processing 15(3), 2006"
    revision = "9"
    memory_per_megapixel = 150.0
    grained: ClassVar[bool] = True
    """Whether grain is added. Without grain PSNR is higher, but the fill looks blurred."""

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        hole = mask > 0
        if not hole.any() or hole.all():
            return rgb.copy()
        boxes = hole_groups(hole)
        filled = smooth_fill(rgb, hole, boxes, seed if self.grained else None)
        for box in boxes:
            copy_texture(rgb, filled, hole, box, seed)
        return filled


def smooth_fill(rgb: Rgb, hole: Hole, boxes: list[Box], seed: int | None) -> Rgb:
    """[H, W, 3] uint8 sRGB with shades, edges and weave continued into the hole.

    Args:
        rgb: [H, W, 3] uint8 photo.
        hole: [H, W] bool.
        boxes: the groups of the hole.
        seed: seed of the grain; None adds none.
    """
    filled = rgb.copy()
    for left, top, right, bottom in boxes:
        part = np.s_[max(0, top - BLOCK) : bottom + BLOCK, max(0, left - BLOCK) : right + BLOCK]
        if not hole[part].all():
            filled[part] = _fill_part(filled[part], hole[part], seed)
    return filled


def _fill_part(rgb: Rgb, hole: Hole, seed: int | None) -> Rgb:
    """[h, w, 3] uint8 fill of one group with its surroundings, and of parts of other groups in the window."""
    planes = opponent(rgb)
    invent, unknown = refine_mask(planes, hole)
    if unknown.all():
        unknown = hole
    planes = _continue(planes, unknown)
    if seed is not None:
        planes = add_grain(planes, invent, seed)
    result = to_rgb(planes)
    result[~invent] = rgb[~invent]
    return result


def _continue(planes: Planes, hole: Hole) -> Planes:
    """``planes`` with the hole filled by cosines, fading to smooth shading in its depth."""
    high, wide = hole.shape
    # reflected, so that blocks cover the hole up to the border of the photo
    edges = (BLOCK, BLOCK + -high % BLOCK, BLOCK, BLOCK + -wide % BLOCK)
    padded = np.asarray(cv2.copyMakeBorder(planes, *edges, cv2.BORDER_REFLECT), np.float32)
    holes = cv2.copyMakeBorder(hole.astype(np.uint8), *edges, cv2.BORDER_REFLECT) > 0
    fill = sparse_dct(laplace_fill(padded, holes), holes)[BLOCK : BLOCK + high, BLOCK : BLOCK + wide]
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    if depth.max() <= MAX_COSINE_DEPTH:
        return fill
    shades = laplace_fill(fill, depth > MAX_COSINE_DEPTH)
    weight = np.clip((depth - MAX_COSINE_DEPTH) / (MIN_SHADING_DEPTH - MAX_COSINE_DEPTH), 0, 1)[..., None]
    return cast(Planes, fill + (shades - fill) * weight)


def copy_texture(rgb: Rgb, filled: Rgb, hole: Hole, box: Box, seed: int) -> None:
    """Replace the fill of the group in ``box`` by copied texture where it is deep in a uniform texture.

    Args:
        rgb: [H, W, 3] uint8 photo.
        filled: [H, W, 3] uint8 fill, changed in place.
        hole: [H, W] bool, all masked pixels.
        box: the group's box.
        seed: seed of the copies.
    """
    left, top, right, bottom = box
    part = np.s_[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN]
    group = np.zeros_like(hole)
    group[top:bottom, left:right] = hole[top:bottom, left:right]
    if hole[part].all() or not _is_deep(group[part]):
        return
    planes = opponent(rgb[part])
    invent, unknown = refine_mask(planes, hole[part])
    invent &= group[part]
    if not _is_deep(invent):
        return
    copied = exemplar_fill(planes, unknown | hole[part] & ~group[part], invent, seed)
    if copied is not None:
        texture, weight = copied[0], copied[1][..., None]
        target = filled[part]
        mixed = to_rgb(texture * weight + opponent(target) * (1 - weight))
        target[weight[..., 0] > 0] = mixed[weight[..., 0] > 0]


def _is_deep(hole: Hole) -> bool:
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    return int((depth >= CORE_DEPTH).sum()) > MIN_CORE_SHARE * int(hole.sum())


MODELS = (Surroundings,)
