"""The trained eraser as a filler: in crops round the mask, with the fill of ``surroundings`` deep in opaque ink."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.picture import Mask, Rgb
from models.contract import Filler
from models.fill.grain import add_grain
from models.fill.opponent_colour import Hole, hole_groups, opponent, to_rgb
from models.inference.onnx import session
from models.surroundings import copy_texture, smooth_fill
from training.eraser.network import STRIDE

MARGIN = 48
"""Width of the photo that the network sees around the mask (pixels)."""
MAX_SIDE = 640
"""Maximum side of a crop (pixels); larger groups are taken in parts."""
OPAQUE_FROM = 0.85
"""Minimum opacity of ink through which nothing is seen."""
NETWORK_DEPTH, SURROUNDINGS_DEPTH = 8.0, 20.0
"""Depths in opaque ink (pixels) between which the result changes from the network's to that of ``surroundings``."""


class Eraser(Filler):
    """A network that corrects the smooth fill of ``surroundings`` with what the masked pixels still show.

    Args:
        file: what ``training.eraser.export`` wrote.
    """

    name = "eraser"

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._session: Any = session(file)

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        hole = mask > 0
        if not hole.any() or hole.all():
            return rgb.copy()
        boxes = hole_groups(hole)
        first = smooth_fill(rgb, hole, boxes, None)
        filled, opaque = first.copy(), np.zeros_like(hole)
        for left, top, right, bottom in boxes:
            for row in range(top, bottom, MAX_SIDE):
                for column in range(left, right, MAX_SIDE):
                    part = np.s_[row : min(bottom, row + MAX_SIDE), column : min(right, column + MAX_SIDE)]
                    self._erase(part, rgb, first, mask, filled, opaque)
        textured = first.copy()
        for box in boxes:
            copy_texture(rgb, textured, hole, box, seed)
        depth = cv2.distanceTransform(opaque.astype(np.uint8), cv2.DIST_L2, 5)
        weight = (depth - NETWORK_DEPTH) / (SURROUNDINGS_DEPTH - NETWORK_DEPTH)
        weight = np.clip(weight, 0, 1)[..., None]
        mixed: Rgb = np.rint(filled + (textured.astype(np.float32) - filled) * weight).astype(np.uint8)
        for left, top, right, bottom in boxes:
            around = np.s_[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN]
            grained(mixed, opaque & hole, around, seed)
        return mixed

    def _erase(
        self, part: tuple[slice, slice], rgb: Rgb, first: Rgb, mask: Mask, filled: Rgb, opaque: Hole
    ) -> None:
        """Run the network on ``part`` with its surroundings; changes ``filled`` and ``opaque`` in place."""
        high, wide = mask.shape
        rows, columns = part
        top, left = max(0, rows.start - MARGIN), max(0, columns.start - MARGIN)
        crop = np.s_[top : min(high, rows.stop + MARGIN), left : min(wide, columns.stop + MARGIN)]
        stacked = np.dstack([rgb[crop], first[crop], mask[crop]])
        edges = (0, -stacked.shape[0] % STRIDE, 0, -stacked.shape[1] % STRIDE)
        padded = np.pad(stacked, (edges[:2], edges[2:], (0, 0)), mode="edge")
        x = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        result = self._session.run(None, {"x": x})[0][0]
        inner = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        levels = np.rint(np.clip(result[:3], 0, 1).transpose(1, 2, 0)[inner] * 255).astype(np.uint8)
        inside = mask[part] > 0
        filled[part][inside] = levels[inside]
        opaque[part] |= inside & (result[4][inner] >= OPAQUE_FROM)


def grained(rgb: Rgb, invented: Hole, part: tuple[slice, slice], seed: int) -> None:
    """Add the grain of the surroundings to the ``invented`` pixels of ``part``, in place."""
    hole = invented[part]
    if not hole.any() or hole.all():
        return
    result = to_rgb(add_grain(opponent(rgb[part]), hole, seed))
    rgb[part][hole] = result[hole]
