"""A pool of samples on disk that one process fills while another trains.

    python -m training.overlay.pool FOLDER --size 2400 --sprites SPRITES

Every file is one sample; the oldest is replaced by a new one for as long as the process lives, so that no
sample is used more than a few times.
"""

import argparse
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.overlay.drawing.blend import Labelled
from training.overlay.drawing.sprites import Sprites
from training.overlay.photos import drawn_by_set, sources
from training.overlay.real.samples import real_overlays, real_sample
from training.overlay.sample import sample
from training.split import Part

LABEL_SCALE = 2
"""Pixels of the photo per pixel of the labels, along a side."""
LARGE_SHARE, REAL_SHARE, HARD_SHARE = 0.32, 0.16, 0.22
"""Shares of the samples from large photos, from photos with real overlays, and from photos that raised false alarms."""
HARD_OVERLAY_SHARE = 0.35
"""Share of the photos that raised false alarms on which overlays are drawn."""
GROUP_POWER = 0.5
"""Photos of a set are drawn with the set's size to this power: small sets are seen more often."""
SPRITES_LISTED_EVERY = 200
"""Samples after which the sprites are listed anew: their writer may still be at work."""
Packed = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def packed(photo: Labelled) -> Packed:
    """[H, W, 3] uint8, and labels [H / 2, W / 2, 7] uint8 0..255; sides are multiples of four."""
    high, wide = (side - side % 4 for side in photo.rgb.shape[:2])
    size = (wide // LABEL_SCALE, high // LABEL_SCALE)
    planes = [cv2.resize(plane[:high, :wide], size, interpolation=cv2.INTER_AREA) for plane in photo.planes()]
    return photo.rgb[:high, :wide], np.rint(np.dstack(planes) * 255).clip(0, 255).astype(np.uint8)


def make(rng: np.random.Generator, hard: dict[str, float], sprites: Sprites | None = None) -> Labelled:
    """One sample of the training part; ``hard`` has the photos that raised false alarms, each with its probability."""
    real = [entry for entry in real_overlays() if entry.part is Part.TRAINING and entry.is_labelled]
    if real and rng.random() < REAL_SHARE:
        return real_sample(real[rng.integers(len(real))], rng)
    photos = [source for source in sources() if source.part is Part.TRAINING]
    if hard and rng.random() < HARD_SHARE:
        chosen = [source for source in photos if source.name in hard]
        chances = np.array([hard[source.name] for source in chosen])
        source = chosen[rng.choice(len(chosen), p=chances / chances.sum())]
        return sample(source, rng, HARD_OVERLAY_SHARE, sprites)
    return sample(drawn_by_set(photos, rng, LARGE_SHARE, GROUP_POWER), rng, sprites=sprites)


def write(file: Path, photo: Labelled) -> None:
    """Write a sample in one go: a reader sees all of it or nothing."""
    rgb, labels = packed(photo)
    part = file.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as stream:
        np.savez(stream, rgb=rgb, labels=labels)
    part.replace(file)


def fill(
    folder: Path, size: int, seed: int, pause: float, hard: dict[str, float], sprites: Sprites | None
) -> None:
    """Fill ``folder`` up to ``size`` samples, then replace them in turn, one every ``pause`` seconds, for ever."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    number = len(list(folder.glob("*.npz")))
    while True:
        file = folder / f"{number % size:05}.npz"
        try:
            write(file, make(rng, hard, sprites))
        except (ValueError, cv2.error, OSError) as error:
            print(
                f"{time.strftime('%H:%M:%S')} a sample was left out: {type(error).__name__}: {error}",
                flush=True,
            )
        number += 1
        if sprites is not None and number % SPRITES_LISTED_EVERY == 0:
            sprites = Sprites(sprites.folder)
        if number > size:
            time.sleep(pause)
        if number % 200 == 0:
            print(f"{time.strftime('%H:%M:%S')} {number} samples", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=2400)
    parser.add_argument("--pause", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--hard", type=Path, help="what training.overlay.hard_negatives wrote")
    parser.add_argument("--sprites", type=Path, help="what training.overlay.web.sheets wrote")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    hard = json.loads(given.hard.read_text()) if given.hard else {}
    fill(given.folder, given.size, given.seed, given.pause, hard, given.sprites and Sprites(given.sprites))
