"""Pieces of the tuning photos, with the pixels laid over them: what the overlay map is trained on."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, draw
from bench.captions.emblem import emblem
from bench.captions.imprint import imprint
from bench.captions.photos import DATA, Photo, photos
from bench.captions.versions import AGED, aged, altered
from models.contract import Region
from models.rapidocr import RapidOcr
from overlay.detect.multiscale_detections import LIMIT
from overlay.segment.overlay_map import CELL, KNOWN, STRONGEST, knowledge
from training.parallel import parallel_map

SIDE = 192
"""Pixels of a crop's side."""
COVERED = 0.12
"""Share of a cell that an overlay's pixels take from which the cell is overlaid; fewer than that say nothing."""
SAID, UNSAID, OVERLAID = 0, 1, 2
"""Values of a target: no overlay, not to be judged, overlay."""

STEPS = 127 / STRONGEST
"""Steps of a unit in which the detector's knowledge is kept."""

Crop = tuple[np.ndarray, np.ndarray, np.ndarray]
"""[SIDE, SIDE, 3] uint8, [C, SIDE / KNOWN, SIDE / KNOWN] int8 (the detector's knowledge, in ``STEPS``) and
[SIDE / CELL, SIDE / CELL] uint8 of target values."""


def fold(digest: str) -> int:
    """0 or 1: the half of the tuning photos that a photo belongs to."""
    return int(digest[-2], 16) % 2


def cells(mask: np.ndarray) -> np.ndarray:
    """Target values of ``mask`` [SIDE, SIDE] float 0..1."""
    share = mask.reshape(SIDE // CELL, CELL, SIDE // CELL, CELL).mean(axis=(1, 3))
    return np.where(share >= COVERED, OVERLAID, np.where(share > 0, UNSAID, SAID)).astype(np.uint8)


def cut(rgb: np.ndarray, known: np.ndarray, mask: np.ndarray, x: int, y: int) -> Crop:
    """The crop around (x, y), inside the photo where the photo is large enough."""
    high, wide = rgb.shape[:2]
    left, top = (
        int(np.clip(at - SIDE // 2, 0, max(0, size - SIDE))) // KNOWN * KNOWN
        for at, size in ((x, wide), (y, high))
    )
    piece = np.zeros((SIDE, SIDE, 3), np.uint8)
    told = np.zeros((len(known), SIDE // KNOWN, SIDE // KNOWN), np.int8)
    here = known[:, top // KNOWN : (top + SIDE) // KNOWN, left // KNOWN : (left + SIDE) // KNOWN]
    told[:, : here.shape[1], : here.shape[2]] = np.rint(here * STEPS)
    own = np.zeros((SIDE, SIDE), np.float32)
    part = rgb[top : top + SIDE, left : left + SIDE]
    piece[: part.shape[0], : part.shape[1]] = part
    own[: part.shape[0], : part.shape[1]] = mask[top : top + SIDE, left : left + SIDE]
    return piece, told, cells(own)


def places(mask: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """``count`` places near pixels of ``mask``, anywhere where there are none."""
    rows, columns = np.nonzero(mask[::4, ::4])
    for _ in range(count):
        if len(rows):
            one = int(rng.integers(len(rows)))
            off = rng.integers(-SIDE // 3, SIDE // 3, 2)
            yield int(columns[one] * 4 + off[0]), int(rows[one] * 4 + off[1])
        else:
            yield int(rng.integers(mask.shape[1])), int(rng.integers(mask.shape[0]))


def inside(regions: Sequence[Region], shape: tuple[int, ...]) -> np.ndarray:
    """[H, W] bool, the pixels of the boxes."""
    found = np.zeros(shape[:2], np.uint8)
    for region in regions:
        cv2.fillConvexPoly(found, np.rint(region.quad).astype(np.int32), 1)
    return found > 0


def crops(photo: Photo, times: int) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """Digest, and the crops of one photo, each part of them in one array."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([photo.seed, 7])
    finder = RapidOcr()
    finder.load()
    found: list[Crop] = []

    def take(rgb: np.ndarray, mask: np.ndarray, near: np.ndarray, count: int) -> None:
        known = knowledge(finder.look(rgb, limit=LIMIT).levels, rgb.shape)
        anywhere = np.zeros(mask.shape, bool)
        for x, y in [*places(near, count, rng), *places(anywhere, 1, rng)]:
            found.append(cut(rgb, known, mask, x, y))

    for _ in range(times):
        for turn in range(4):
            rgb = photo.rgb if turn == 0 else altered(photo.rgb, rng)
            # near what is most easily mistaken
            take(
                rgb, np.zeros(rgb.shape[:2], np.float32), inside(finder.find(rgb, limit=LIMIT), rgb.shape), 5
            )
        for kind in [*KINDS, "emblem", "emblem"]:
            ground = photo.rgb if rng.random() < 0.5 else altered(photo.rgb, rng)
            drawn = emblem(ground, rng) if kind == "emblem" else draw(ground, kind, rng)
            if rng.random() < AGED:
                drawn = aged(drawn, rng)
            take(drawn.rgb, drawn.mask.astype(np.float32), drawn.mask, 5)
        for _ in range(4):
            printed = imprint(photo.rgb if rng.random() < 0.5 else altered(photo.rgb, rng), rng)
            nothing = np.zeros(printed.mask.shape, np.float32)
            take(printed.rgb, nothing, printed.mask, 4)
    pieces, known, targets = zip(*found, strict=True)
    return photo.digest, np.stack(pieces), np.stack(known), np.stack(targets)


def collect(folder: Path, *, times: int, every: int = 1, processes: int = 2, data: Path = DATA) -> None:
    """One ``DIGEST.npz`` for each photo of the tuning half; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [
        photo
        for photo in photos("tune", every=every, data=data)
        if not (folder / f"{photo.digest}.npz").exists()
    ]
    for digest, pieces, known, targets in parallel_map(partial(crops, times=times), todo, processes):
        np.savez(folder / f"{digest}.npz", pieces=pieces, known=known, targets=targets)
