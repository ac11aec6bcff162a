"""Overlay segmenters in ONNX, as ``training/overlay/export.py`` writes them."""

from pathlib import Path

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Model, OverlayMaps, OverlaySegmenter, Region, Task
from models.inference.network import model_from
from models.inference.onnx_network import OnnxNetwork, normalized
from models.weights.manifest import Weights

STRIDE = 32
"""Divisor of the sides that the network accepts (pixels)."""
MAP_STRIDE = 2
"""Pixels of the network's input per pixel of its maps."""
MAP_COUNT = 4
"""Number of maps: overlay ink, overlay panel, print, opacity."""
TEXT_FROM = 0.5
"""Minimum probability of overlay ink or print for a place to count as text."""
LETTER_GAP = (7, 3)
"""Width and height of the gap that is closed between letters (pixels of the maps)."""


class OnnxSegmenter(OnnxNetwork, OverlaySegmenter):
    """A network with one input ``x`` [1, 3, H, W] and one output [1, 4, H / 2, W / 2] of probabilities."""

    fails = (
        "misses faint marks that repeat over textured photos",
        "mistakes flat saturated surfaces for panels",
    )

    def build(self, files: list[Path]) -> None:
        """Open the file.

        Raises:
            ModelError: the file is not an overlay segmenter.
        """
        side = STRIDE // MAP_STRIDE
        self.open(files[0], STRIDE, (1, MAP_COUNT, side, side), "four maps at half the scale")

    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        high, wide = rgb.shape[:2]
        scale = min(1.0, limit / max(high, wide))
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        small = rgb if scale == 1 else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        edge = cv2.copyMakeBorder(small, 0, -size[1] % STRIDE, 0, -size[0] % STRIDE, cv2.BORDER_REPLICATE)
        maps = self.forward(normalized(edge[..., ::-1].astype(np.float32) / 255))
        rows, columns = (-(-side // MAP_STRIDE) for side in size[::-1])
        ink, panel, imprint, opacity = maps[0, :, :rows, :columns]
        return OverlayMaps(ink, panel, imprint, opacity, scale / MAP_STRIDE)

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        maps = self.segment(rgb, limit=limit)
        text = np.maximum(maps.ink, maps.imprint)
        joined = cv2.dilate((text > TEXT_FROM).astype(np.uint8), np.ones(LETTER_GAP[::-1], np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        regions = []
        for number in range(1, count):
            left, top, across, down, _ = (float(value) for value in stats[number])
            corners = [(left, top), (left + across, top), (left + across, top + down), (left, top + down)]
            score = float(text[labels == number].max())
            regions.append(Region(np.array(corners, np.float32) / np.float32(maps.scale), score))
        return regions


def model_of(weights: Weights) -> type[Model]:
    """The model class for these weights.

    Raises:
        ModelError: the weights are registered for another task.
    """
    return model_from(weights, {Task.FIND_TEXT: OnnxSegmenter})
