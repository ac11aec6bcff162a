"""Finds the photos of the training part on which a network raises false alarms, for the pool to draw them more often.

    python -m training.overlay.hard_negatives overlay_network.onnx hard.json

Writes the probability of the most likely region of each photo without overlay, by the photo's name. Large photos are
looked at three times, at the sizes at which they are trained on.
"""

import argparse
import json
from functools import cache
from multiprocessing import Pool
from pathlib import Path

import cv2

from models.contract import OverlaySegmenter
from overlay.policy import probability
from overlay.regions import find_regions
from training.overlay.drawing.blend import Labelled, resized
from training.overlay.photos import Source, sources
from training.overlay.sample import WORKING_SIDE
from training.overlay.segmenter import opened
from training.split import Part

SIDES = (700, 1000, 1400)
"""Long sides at which a large photo is looked at (pixels)."""


def alarm(source: Source, network: Path) -> float:
    """Probability of the photo's most likely region, 0 without any."""
    segmenter = _opened(network)
    worst = 0.0
    for side in SIDES if source.large else (10_000,):
        photo = Labelled.of(source.rgb())
        photo = resized(photo, min(1.0, side / max(photo.rgb.shape[:2])))
        maps = segmenter.segment(photo.rgb, limit=WORKING_SIDE)
        chances = [probability(region.features) for region in find_regions(maps, photo.rgb)]
        worst = max(worst, *chances, 0.0)
    return worst


@cache
def _opened(network: Path) -> OverlaySegmenter:
    cv2.setNumThreads(1)
    return opened(network)


def _row(given: tuple[Source, Path]) -> tuple[str, float]:
    return given[0].name, alarm(*given)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("json", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    photos = [source for source in sources() if source.part is Part.TRAINING]
    with Pool(given.processes) as pool:
        rows = pool.map(_row, [(source, given.network) for source in photos], chunksize=16)
    given.json.write_text(json.dumps(dict(sorted(rows, key=lambda row: -row[1])), indent=1))
    for limit in (0.5, 0.9):
        large = [chance for (name, chance), source in zip(rows, photos, strict=True) if source.large]
        print(f"probability {limit}: {sum(chance >= limit for _, chance in rows)} of {len(rows)} photos, "
              f"{sum(chance >= limit for chance in large)} of {len(large)} large ones")  # fmt: skip


if __name__ == "__main__":
    main()
