"""A segmenter that sees what a test painted."""

from dataclasses import dataclass

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import OverlayMaps, OverlaySegmenter, Region

STRONG, WEAK, PRINTED = 0.95, 0.62, 0.03
"""Probabilities of the maps that lead to a sure overlay, to a question, and to print."""


@dataclass(frozen=True)
class Paint:
    """Pixels and what the segmenter says of them.

    Attributes:
        pixels: [H, W] bool of the photo.
        ink, panel, imprint, opacity: 0..1.
    """

    pixels: np.ndarray
    ink: float = 0.0
    panel: float = 0.0
    imprint: float = 0.0
    opacity: float = 1.0


class Painted(OverlaySegmenter):
    """Answers for one photo; a crop of another size shows nothing."""

    name, licence, source, revision = "painted", "MIT", "test", "1"

    def __init__(self, *paints: Paint):
        super().__init__()
        self.paints = paints

    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        high, wide = rgb.shape[:2]
        planes = np.zeros((4, -(-high // 2), -(-wide // 2)), np.float32)
        for paint in self.paints:
            if paint.pixels.shape == (high, wide):
                there = cv2.resize(paint.pixels.astype(np.float32), planes.shape[:0:-1]) > 0.1
                for plane, value in zip(
                    planes, (paint.ink, paint.panel, paint.imprint, paint.opacity), strict=True
                ):
                    plane[there] = value
        ink, panel, imprint, opacity = planes
        return OverlayMaps(ink, panel, imprint, opacity, scale=0.5)

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        return []
