"""Fills a hole from what is around it: sparse in the cosine domain, with the photo's own grain."""

from typing import ClassVar

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Filler
from models.fill.cosine import BLOCK, sparse
from models.fill.grain import with_grain
from models.fill.membrane import membrane
from models.fill.planes import Hole, Planes, groups, opponent, rounded
from models.fill.rim import to_invent


class Surroundings(Filler):
    """Iterated thresholding of overlapping cosine blocks, from coarse to fine.

    First the masked pixels that were never painted over are found, and kept. Then a membrane is
    stretched over the rest. A photo is sparse in local cosines: what is left after the small
    coefficients are dropped is the smoothest continuation of the shades, edges and weave around the
    hole. Last comes grain as strong and as fine as that near by.
    """

    name = "surroundings"
    licence = "MIT"
    source = "Guleryuz, IEEE Transactions on Image Processing 15(3), 2006"
    revision = "6"
    memory_per_megapixel = 150.0
    grained: ClassVar[bool] = True
    """Whether grain is added: without it PSNR is higher, and the fill looks like a blurred patch."""

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        hole = mask > 0
        if not hole.any() or hole.all():
            return rgb.copy()
        filled = rgb.copy()
        for left, top, right, bottom in groups(hole):
            part = np.s_[max(0, top - BLOCK) : bottom + BLOCK, max(0, left - BLOCK) : right + BLOCK]
            if not hole[part].all():
                filled[part] = self._fill_part(filled[part], hole[part], seed)
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
    return sparse(membrane(padded, holes), holes)[BLOCK : BLOCK + high, BLOCK : BLOCK + wide]


MODELS = (Surroundings,)
