"""One photo through finding and erasing, and what came of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from bench.captions.draw import Drawn
from bench.captions.photos import Photo
from bench.text.legible import Reader
from line.facts import RecordedRegion
from line.picture import Edited, Flagged, Picture, Rgb
from line.vendor import VendorContext
from models.contract import OverlayMaps, OverlaySegmenter, Region, Task, build
from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import composite, erase_text, feathered
from tasks.find_text import find_text

ALONE = "alone"
"""Kind of a real overlay whose clean photo is not known."""
LEFT = 0.8
"""Share of an overlay's pixels below which it counts as left on the photo."""


@dataclass
class Case:
    """What happened to one photo.

    Attributes:
        covered: share of the overlay's pixels that would be erased; "found" in the JSON.
        noticed: share of them in a region that the network recorded; "seen" in the JSON.
        seconds: of the processor, by part.
    """

    name: str
    kind: str
    script: str = ""
    outcome: str = "kept"
    reason: str = ""
    covered: float = 0.0
    noticed: float = 0.0
    overlay_pixels: int = 0
    left: bool = False
    legible: bool = False
    text_after: bool = False
    outside: int = 0
    detail: float = 0.0
    psnr: float | None = None
    psnr_telea: float | None = None
    megapixels: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    thumbnail: np.ndarray | None = field(default=None, repr=False)

    @property
    def badness(self) -> float:
        """What a person would mind most, for the sheet of the worst."""
        if self.kind == "none":
            return 5.0 if self.outcome == "erased" else 1.5 if self.outcome == "person" else 0.0
        if self.kind == ALONE:
            return 3.5 if self.outcome == "kept" else 0.0
        worst = 4.0 if self.left else 3.0 if self.legible or self.text_after else 0.0
        loss = 0.0 if self.psnr is None else max(0.0, (24 - self.psnr) / 8)
        asked = 1.0 if self.outcome == "person" else 0.0
        return worst + asked + (1 - self.covered) + loss

    @property
    def missing(self) -> str:
        """Why an overlay was left: the network did not see it, it was taken for print, or the mask is too small."""
        if not self.left:
            return ""
        return (
            "unseen"
            if self.noticed < LEFT / 2
            else "taken for print"
            if self.covered < LEFT / 2
            else "partly"
        )


class TimedSegmenter(OverlaySegmenter):
    """The shipped network; counts its seconds."""

    name, licence, source, revision = "timed", "Apache-2.0", "bench", "1"
    seconds = 0.0

    def load(self) -> None:
        self._network: Any = build().get(str(find_text.default_model), Task.FIND_TEXT)()
        self._network.load()

    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        begun = time.thread_time()
        maps: OverlayMaps = self._network.segment(rgb, limit=limit)
        self.seconds += time.thread_time() - begun
        return maps

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        regions: list[Region] = self._network.find(rgb, limit=limit)
        return regions


class TimedFiller(Surroundings):
    """Counts its seconds."""

    seconds = 0.0

    def fill(self, rgb: Rgb, mask: np.ndarray, *, seed: int) -> Rgb:
        begun = time.thread_time()
        filled = super().fill(rgb, mask, seed=seed)
        self.seconds += time.thread_time() - begun
        return filled


class Line:
    """Both steps with their models, as a worker would run them."""

    def __init__(self, rights: str | None = None) -> None:
        self.vendor = VendorContext(rights)
        self.finder, self.filler, self.telea, self.reader = TimedSegmenter(), TimedFiller(), Telea(), Reader()
        self.finder.load()

    def run(self, photo: Photo, drawn: Drawn | None, kind: str = "none") -> Case:
        rgb = photo.rgb if drawn is None else drawn.rgb
        case = Case(photo.name, drawn.kind if drawn else kind, drawn.script if drawn else "")
        case.megapixels = rgb.shape[0] * rgb.shape[1] / 1e6
        given = Picture(photo.name, rgb, seed=photo.seed % 2**32)
        begun, self.finder.seconds, self.filler.seconds = time.thread_time(), 0.0, 0.0
        outcome: Edited | Flagged
        (outcome,) = find_text.function([given], self.finder, self.vendor)  # type: ignore[assignment]
        whole = time.thread_time() - begun
        case.seconds = {"network": self.finder.seconds, "decide": whole - self.finder.seconds}
        picture, after = outcome.picture, rgb
        mask = None if picture is None else picture.mask
        if drawn is not None:
            self.cover(case, drawn, mask, () if picture is None else picture.facts.regions or ())
        if isinstance(outcome, Flagged):
            case.outcome, case.reason = "person", outcome.reason
        elif mask is not None:
            begun = time.thread_time()
            erased: Any
            (erased,) = erase_text.function([picture], self.filler)
            whole = time.thread_time() - begun
            case.seconds |= {"fill": self.filler.seconds, "blend": whole - self.filler.seconds}
            if isinstance(erased, Edited):
                case.outcome, after = "erased", erased.picture.rgb
                self.judge(case, rgb, after, erased.touched, drawn)
            else:
                case.outcome, case.reason = "person", erased.reason
        if drawn is not None and case.outcome != "person":
            case.left = case.covered < LEFT
            if case.outcome == "erased":
                case.text_after = self.reader.still_detects(after, drawn.clean, drawn.mask)
                case.legible = self.reader.legible(rgb, after, drawn.clean, drawn.mask)
        case.thumbnail = beside(rgb, after if case.outcome != "person" else mask_shown(rgb, mask))
        return case

    def cover(
        self, case: Case, drawn: Drawn, mask: np.ndarray | None, regions: Sequence[RecordedRegion]
    ) -> None:
        """How much of the overlay the network saw, and how much of it would be erased."""
        case.overlay_pixels = int(drawn.mask.sum())
        recorded = np.zeros(drawn.mask.shape, np.uint8)
        for region in regions:
            cv2.fillConvexPoly(recorded, np.array(region.quad, np.int32), 1)
        if mask is not None:
            recorded[mask > 0] = 1
            whole = feathered(mask, 3, 2) == 255
            case.covered = float(whole[drawn.mask].mean()) if case.overlay_pixels else 1.0
        case.noticed = float(recorded[drawn.mask].mean()) if case.overlay_pixels else 1.0

    def judge(
        self, case: Case, before: np.ndarray, after: np.ndarray, touched: Any, drawn: Drawn | None
    ) -> None:
        """What erasing did to the pixels, beside Telea on the same mask."""
        case.outside = int((before != after).any(axis=-1)[touched == 0].sum())
        if drawn is None:
            return
        truth, inside = drawn.clean, touched > 0
        ring = (cv2.dilate(inside.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0) & ~inside
        gray = cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY).astype(np.float32)
        case.detail = float((gray - cv2.GaussianBlur(gray, (0, 0), 3))[ring].std())
        rival = composite(before, self.telea.fill(before, touched, seed=0), touched)
        case.psnr, case.psnr_telea = psnr(after, truth, inside), psnr(rival, truth, inside)


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """dB over RGB, at most 60: a lossless fill shall not outweigh all others."""
    error = float(np.mean((one[where].astype(np.float32) - other[where]) ** 2))
    return min(60.0, float(10 * np.log10(255**2 / max(error, 1e-6))))


def beside(before: np.ndarray, after: np.ndarray, side: int = 230) -> np.ndarray:
    scale = side / max(before.shape[:2])
    small = [
        cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in (before, after)
    ]
    return np.concatenate(small, axis=1)


def mask_shown(rgb: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    shown = rgb.copy()
    if mask is not None:
        shown[mask > 0] = (255, 0, 255)
    return shown
