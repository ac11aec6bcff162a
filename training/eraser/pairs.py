"""Pairs of a photo with and without an overlay, as the eraser sees them: crops at the photo's own scale.

    python -m training.eraser.pairs FOLDER --size 3000

Every file is one crop; the oldest is replaced by a new one for as long as the process lives.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from gates.patch import change
from line.picture import Mask, Rgb
from models.fill.opponent_colour import hole_groups
from models.surroundings import smooth_fill
from tasks.erase_text import widened
from training.overlay.drawing.blend import Labelled, resized
from training.overlay.photos import Source, drawn_by_set, sources
from training.overlay.sample import draw, saved, sharpened
from training.split import Part

SIDE = 160
"""Side of a stored crop (pixels)."""
CONTEXT = 48
"""Pixels of photo around a crop that the first fill may use."""
CROPS = 3
"""Maximum number of crops from one drawn photo."""
CHANGED = 2
"""Levels above which the drawing changed a pixel."""
LARGE_SHARE, GROUP_POWER = 0.3, 0.6
"""Share of samples from large photos; photos of a set are drawn with the set's size to this power."""
MIN_HOLE_SHARE = 0.02
"""Minimum share of a crop under the mask."""
Random = np.random.Generator
Pair = tuple[Rgb, Rgb, Rgb, Mask, Mask]
"""Drawn photo, clean photo, first fill, mask as ``erase_text`` widens it, and opacity of what was drawn (0..255)."""


def crops(source: Source, rng: Random) -> Iterator[Pair]:
    """Up to ``CROPS`` crops of one photo with a new overlay."""
    photo = Labelled.of(source.rgb())
    if source.large:
        photo = resized(photo, min(1.0, float(rng.uniform(600, 1400)) / max(photo.rgb.shape[:2])))
    if rng.random() < 0.35:
        photo = resized(photo, float(rng.uniform(0.5, 0.9)))
        photo.rgb = sharpened(photo.rgb, rng)
    high, wide = photo.rgb.shape[:2]
    if min(high, wide) < SIDE:
        return
    clean = saved(photo.rgb, rng, 0.4)
    photo.rgb = clean
    for _ in range(1 + int(rng.random() < 0.3)):
        draw(photo, rng)
    changed = change(clean, photo.rgb) > CHANGED
    drawn = saved(photo.rgb, rng, 0.6)
    grow = int(rng.choice([0, 0, 1, 2]))
    mask: Mask = np.asarray(
        cv2.dilate(changed.astype(np.uint8) * 255, np.ones((2 * grow + 1,) * 2)), np.uint8
    )
    if not mask.any() or (mask > 0).mean() > 0.75:
        return
    touched = widened(drawn, mask, 3, 2)
    opacity: Mask = np.rint(photo.opacity * 255).clip(0, 255).astype(np.uint8)
    rows, columns = np.nonzero(changed)
    for _ in range(CROPS):
        pick = int(rng.integers(len(rows)))
        top = int(np.clip(rows[pick] - rng.integers(30, SIDE - 30), 0, high - SIDE))
        left = int(np.clip(columns[pick] - rng.integers(30, SIDE - 30), 0, wide - SIDE))
        part = np.s_[top : top + SIDE, left : left + SIDE]
        if (touched[part] > 0).mean() >= MIN_HOLE_SHARE:
            yield (
                drawn[part],
                clean[part],
                first_fill(drawn, touched, top, left),
                touched[part],
                opacity[part],
            )


def first_fill(drawn: Rgb, touched: Mask, top: int, left: int) -> Rgb:
    """The crop at ``top``, ``left`` filled smoothly from its surroundings."""
    upper, before = max(0, top - CONTEXT), max(0, left - CONTEXT)
    window = np.s_[upper : top + SIDE + CONTEXT, before : left + SIDE + CONTEXT]
    hole = np.ascontiguousarray(touched[window] > 0)
    filled = smooth_fill(np.ascontiguousarray(drawn[window]), hole, hole_groups(hole), None)
    return filled[top - upper : top - upper + SIDE, left - before : left - before + SIDE]


def fill(folder: Path, size: int, seed: int, pause: float) -> None:
    """Fill ``folder`` up to ``size`` crops, then replace them in turn, for ever."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    photos = [source for source in sources() if source.part is Part.TRAINING]
    number = len(list(folder.glob("*.npy")))
    while True:
        try:
            samples = list(crops(drawn_by_set(photos, rng, LARGE_SHARE, GROUP_POWER), rng))
        except (ValueError, cv2.error, OSError) as error:
            print(f"a sample was left out: {type(error).__name__}: {error}", flush=True)
            continue
        for planes in samples:
            file = folder / f"{number % size:05}.npy"
            part = file.with_suffix(f".{os.getpid()}.part")
            with part.open("wb") as stream:
                np.save(stream, np.dstack(planes))
            part.replace(file)
            number += 1
            if number % 300 == 0:
                print(f"{time.strftime('%H:%M:%S')} {number} crops", flush=True)
        if number > size:
            time.sleep(pause)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=3000)
    parser.add_argument("--pause", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    cv2.setNumThreads(1)
    fill(given.folder, given.size, given.seed, given.pause)
