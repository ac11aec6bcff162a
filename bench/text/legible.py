"""Whether a reader of text can still read an overlay once it was taken off."""

import difflib
import os
from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np

from models.contract import Region
from models.rapidocr import RapidOcr

CERTAIN = 0.5
"""The recogniser's own limit for a text to count as read."""
MIN_SIMILARITY = 0.5
"""Share of letters in common from which two readings are of one text."""


class Reader:
    """RapidOCR's detector and its recogniser (PP-OCRv6 small: Latin, Chinese, Cyrillic; no Arabic)."""

    def __init__(self) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import rapidocr

        self.finder = RapidOcr()
        self.finder.load()
        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        self._engine = rapidocr.RapidOCR(params={"Global.log_level": "critical", **threads})

    def words(self, rgb: np.ndarray, quad: np.ndarray) -> str:
        """What is written in ``quad`` [4, 2] of ``rgb``; empty where the recogniser is not certain."""
        crop = straightened(rgb, quad)
        if min(crop.shape[:2]) < 4:
            return ""
        read: Any = self._engine(crop[..., ::-1], use_det=False, use_cls=False, use_rec=True)
        if not read.txts or read.scores[0] < CERTAIN:
            return ""
        return "".join(letter for letter in read.txts[0] if letter.isalnum()).lower()

    def legible(self, before: np.ndarray, after: np.ndarray, clean: np.ndarray, mask: np.ndarray) -> bool:
        """Whether any line of the overlay on ``mask`` reads after as it did before, and not so on ``clean``."""
        for region in overlaying(self.finder.find(before, limit=960), mask):
            text = self.words(before, region.quad)
            if len(text) < 2:
                continue
            if alike(text, self.words(after, region.quad)) and not alike(
                text, self.words(clean, region.quad)
            ):
                return True
        return False

    def still_detects(self, after: np.ndarray, clean: np.ndarray, mask: np.ndarray) -> bool:
        """Whether the detector finds text on ``mask`` that it does not find on ``clean``."""
        clean_boxes = boxes(self.finder.find(clean, limit=640), mask.shape)
        grown = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8))
        for region in self.finder.find(after, limit=640):
            box = boxes([region], mask.shape) > 0
            if grown[box].mean() > 0.3 and clean_boxes[box].mean() < 0.3 and box.mean() < 0.2:
                return True
        return False


def overlaying(regions: Iterable[Region], mask: np.ndarray) -> list[Region]:
    """The regions that bear the overlay's pixels."""
    return [region for region in regions if mask[boxes([region], mask.shape) > 0].mean() > 0.04]


def boxes(regions: Iterable[Region], shape: Sequence[int]) -> np.ndarray:
    """[H, W] uint8, 1 inside any of the regions."""
    filled = np.zeros(tuple(shape), np.uint8)
    for region in regions:
        cv2.fillConvexPoly(filled, np.rint(region.quad).astype(np.int32), 1)
    return filled


def alike(one: str, other: str) -> bool:
    return bool(other) and difflib.SequenceMatcher(None, one, other).ratio() >= MIN_SIMILARITY


def straightened(rgb: np.ndarray, quad: np.ndarray, pad: float = 0.08) -> np.ndarray:
    """The text of ``quad`` as a level crop; upright text is laid down."""
    quad = quad.mean(axis=0) + (quad - quad.mean(axis=0)) * (1 + pad)
    wide = max(float(np.linalg.norm(quad[0] - quad[1])), float(np.linalg.norm(quad[3] - quad[2])), 1.0)
    high = max(float(np.linalg.norm(quad[0] - quad[3])), float(np.linalg.norm(quad[1] - quad[2])), 1.0)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    crop = cv2.warpPerspective(rgb, turn, (int(wide), int(high)), borderMode=cv2.BORDER_REPLICATE)
    return np.rot90(crop).copy() if high > 1.5 * wide else crop
