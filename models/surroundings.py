"""Fills a hole from what is around it: local cosines and the photo's own grain, or pieces of an even texture."""

from typing import ClassVar, cast

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Filler
from models.fill.cosine import BLOCK, sparse
from models.fill.exemplar import MARGIN, exemplar
from models.fill.grain import with_grain
from models.fill.laplace_fill import membrane
from models.fill.mask_refinement import to_invent
from models.fill.opponent_colour import Box, Hole, Planes, groups, opponent, rounded

CONTINUED, SHADED = 8.0, 24.0
"""Pixels from the ground up to which cosines alone continue it, and from which on shades alone do."""
DEEP = 16.0
"""Pixels from the ground from which cosines have nothing left to go by."""
CORE = 0.05
"""Share of a hole that lies so deep, below which it is one of letters that run together."""


class Surroundings(Filler):
    """Iterated thresholding of overlapping cosine blocks, from coarse to fine.

    First the masked pixels that were never painted over are found, and kept. Then a membrane is
    stretched over the rest. A photo is sparse in local cosines: what is left after the small
    coefficients are dropped is the smoothest continuation of the shades, edges and weave around the
    hole. Deeper than that reaches, a second membrane carries its shades on: a banner along the border
    fades out and leaves no bar. Then comes grain as strong and as fine as that near by. Last, where a
    hole is deep and the ground around it one even texture, pieces of that texture take the fill's place.
    """

    name = "surroundings"
    licence = "MIT"
    source = "Guleryuz, IEEE Transactions on Image Processing 15(3), 2006"
    revision = "9"
    memory_per_megapixel = 150.0
    grained: ClassVar[bool] = True
    """Whether grain is added: without it PSNR is higher, and the fill looks like a blurred patch."""

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        hole = mask > 0
        if not hole.any() or hole.all():
            return rgb.copy()
        filled = rgb.copy()
        boxes = groups(hole)
        for left, top, right, bottom in boxes:
            part = np.s_[max(0, top - BLOCK) : bottom + BLOCK, max(0, left - BLOCK) : right + BLOCK]
            if not hole[part].all():
                filled[part] = self._fill_part(filled[part], hole[part], seed)
        for box in boxes:
            _lay_texture(rgb, filled, hole, box, seed)
        return filled

    def _fill_part(self, rgb: Rgb, hole: Hole, seed: int) -> Rgb:
        """One group with its surroundings, [h, w, 3] uint8; other groups' holes in it are filled too."""
        planes = opponent(rgb)
        invent, unknown = to_invent(planes, hole)
        if unknown.all():
            unknown = hole
        planes = _continued(planes, unknown)
        if self.grained:
            planes = with_grain(planes, invent, seed)
        result = rounded(planes)
        result[~invent] = rgb[~invent]
        return result


def _continued(planes: Planes, hole: Hole) -> Planes:
    high, wide = hole.shape
    # the border is mirrored so that blocks cover the hole up to the edge of the photo
    edges = (BLOCK, BLOCK + -high % BLOCK, BLOCK, BLOCK + -wide % BLOCK)
    padded = np.asarray(cv2.copyMakeBorder(planes, *edges, cv2.BORDER_REFLECT), np.float32)
    holes = cv2.copyMakeBorder(hole.astype(np.uint8), *edges, cv2.BORDER_REFLECT) > 0
    fill = sparse(membrane(padded, holes), holes)[BLOCK : BLOCK + high, BLOCK : BLOCK + wide]
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    if depth.max() <= CONTINUED:
        return fill
    shades = membrane(fill, depth > CONTINUED)
    weight = np.clip((depth - CONTINUED) / (SHADED - CONTINUED), 0, 1)[..., None]
    return cast(Planes, fill + (shades - fill) * weight)


def _lay_texture(rgb: Rgb, filled: Rgb, hole: Hole, box: Box, seed: int) -> None:
    """Change the group of holes in ``box`` of ``filled`` where it is deep and its ground an even texture."""
    left, top, right, bottom = box
    part = np.s_[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN]
    own = np.zeros_like(hole)
    own[top:bottom, left:right] = hole[top:bottom, left:right]
    if hole[part].all() or not _is_deep(own[part]):
        return
    planes = opponent(rgb[part])
    invent, unknown = to_invent(planes, hole[part])
    invent &= own[part]
    if not _is_deep(invent):
        return
    laid = exemplar(planes, unknown | hole[part] & ~own[part], invent, seed)
    if laid is not None:
        texture, weight = laid[0], laid[1][..., None]
        under = filled[part]
        mixed = rounded(texture * weight + opponent(under) * (1 - weight))
        under[weight[..., 0] > 0] = mixed[weight[..., 0] > 0]


def _is_deep(hole: Hole) -> bool:
    away = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    return int((away >= DEEP).sum()) > CORE * int(hole.sum())


MODELS = (Surroundings,)
