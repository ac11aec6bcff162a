"""Labelled pieces of text to train on: overlays drawn over the tuning photos, print drawn and real on them.

The same code that reads photos in the line measures them here, so that a feature is what it will be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.imprint import imprint
from bench.captions.photos import DATA, Photo, photos
from bench.captions.versions import AGED, aged, altered
from bench.crops import fold, inside
from models.contract import Region
from models.rapidocr import RapidOcr
from overlay.classify.classifier import MARKS, Reading, find, read
from overlay.detect.multiscale_detections import Looks
from overlay.segment.overlay_map import OverlayMap
from tasks.find_text import lacks_ink
from training.parallel import parallel_map

OVERLAY_PIXELS = 0.04
"""A box holding more of an overlay's pixels than this is an example of an overlay."""
PRINT_PIXELS = 0.002
"""A box holding fewer is an example of print."""
OVERLAY_LETTERS, PRINT_LETTERS = 0.5, 0.1
"""Share of the letters that are an overlay's: above the one they are an example of it, below the other of print."""
CROSSED = 0.3
"""Share of a box that a line of print covers from which an overlay crosses print there."""
MORE = 2
"""Times as many versions of a photo that bears print of its own: real print is rarer than drawn."""


@dataclass(frozen=True)
class Example:
    """One piece of text.

    Attributes:
        features: as measured.
        truth: 1 overlay, 0 print, or no text at all.
        photo: digest of the photo.
        shot: which version of the photo, unique within it.
        kind: "clean" as it came, "altered", "print", or the overlay's kind.
        quad: corners of its box, pixels.
        ink: median colour of its letters, RGB in levels; None where there are none.
        guarded: whether the line would ask a person however sure the trees are (faint, unclear banner, no ink).
    """

    features: dict[str, float]
    truth: int
    photo: str
    shot: int
    kind: str
    quad: list[list[float]]
    ink: list[float] | None
    guarded: bool

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def label(reading: Reading, mask: np.ndarray, printed: Sequence[Region]) -> int | None:
    """1 where the letters are an overlay's, 0 where none of it is near, None between.

    A watermark across a line of print makes no overlay of it: its letters would be erased with the mark.

    Args:
        reading: as the line would see it.
        mask: [H, W] bool, the overlay's pixels.
        printed: text that the detector finds on the photo without the overlay.
    """
    box = inside([reading.region], mask.shape)
    share = float(mask[box].mean()) if box.any() else 0.0
    if share < PRINT_PIXELS:
        return 0
    letters = reading.strokes.full_mask() > 0
    near = cv2.dilate(mask[reading.strokes.window].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    drawn = float(near[letters].mean()) if letters.any() else 0.0
    crosses = (
        any(inside([region], mask.shape)[box].mean() > CROSSED for region in printed) if box.any() else False
    )
    if share > OVERLAY_PIXELS and (drawn > OVERLAY_LETTERS or not crosses):
        return 1
    return 0 if drawn < PRINT_LETTERS and crosses else None


def versions(photo: Photo, counts: tuple[int, int, int]) -> Iterator[tuple[str, np.ndarray, Drawn | None]]:
    """Kind, pixels, and the overlay on them (None where there is none), for ``counts`` of each sort."""
    plain, overlaid, printed = counts
    rng, aging = np.random.default_rng(photo.seed), np.random.default_rng([photo.seed, 1])
    yield "clean", photo.rgb, None
    for _ in range(plain):
        yield "altered", altered(photo.rgb, rng), None
    order = rng.permutation(list(KINDS))
    for number in range(overlaid):
        ground = photo.rgb if rng.random() < 0.6 else altered(photo.rgb, rng)
        drawn = draw(ground, str(order[number % len(order)]), rng)
        if aging.random() < AGED:
            drawn = aged(drawn, aging)
        yield drawn.kind, drawn.rgb, drawn
    for _ in range(printed):
        drawn = imprint(photo.rgb if rng.random() < 0.5 else altered(photo.rgb, rng), rng)
        yield "print", drawn.rgb, None


def examples(photo: Photo, counts: tuple[int, int, int], networks: tuple[Path, Path]) -> list[Example]:
    """All examples of one photo."""
    cv2.setNumThreads(1)
    finder, chart = _finder(), _chart(networks[fold(photo.digest)])
    plain, overlaid, printed = counts
    if finder.find(photo.rgb, limit=640):
        plain *= MORE
    found: list[Example] = []
    for shot, (kind, rgb, drawn) in enumerate(versions(photo, (plain, overlaid, printed))):
        own = finder.find(drawn.clean, limit=640) if drawn is not None else []
        looks = Looks(rgb, finder)
        laid = chart(rgb, looks.levels)
        for reading in read(rgb, find(looks, 640, laid), laid):
            if reading.region.source in MARKS:
                continue  # known by their period or their blend, not by the trees
            truth = 0 if drawn is None else label(reading, drawn.mask, own)
            if truth is None:
                continue
            guarded = bool(reading.is_faint or reading.leaves_ground or lacks_ink(reading))
            measured = {name: round(float(value), 6) for name, value in reading.features.items()}
            quad, ink = np.round(reading.region.quad, 1).tolist(), reading.strokes.ink()
            found.append(
                Example(
                    measured,
                    truth,
                    photo.digest,
                    shot,
                    kind,
                    quad,
                    None if ink is None else ink.tolist(),
                    guarded,
                )
            )
    return found


_FINDERS: list[RapidOcr] = []


def _finder() -> RapidOcr:
    """One detector for each process."""
    if not _FINDERS:
        _FINDERS.append(RapidOcr())
        _FINDERS[0].load()
    return _FINDERS[0]


@cache
def _chart(network: Path) -> OverlayMap:
    """One overlay map for each process and network."""
    return OverlayMap(network)


def collect(
    counts: tuple[int, int, int],
    networks: tuple[Path, Path],
    *,
    every: int = 1,
    processes: int = 2,
    data: Path = DATA,
) -> list[Example]:
    """The examples of the tuning half, in the photos' order whatever the number of processes.

    ``networks`` are those of the overlay map that were trained without the photos of fold 0 and without those of 1.
    """
    taken = list(photos("tune", every=every, data=data))
    work = parallel_map(partial(examples, counts=counts, networks=networks), taken, processes)
    return [example for part in work for example in part]
