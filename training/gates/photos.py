"""Clean photos to make edits of: real ones beside the checkout, drawn ones where there are none."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from pathlib import Path

import cv2
import numpy as np

from line.picture import Rgb
from training.split import Part, part_of, sha256_of

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
"""Pictures that the tests assert: a photo of the same bytes is never trained on."""
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The real photos, where they lie beside the checkout."""
SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
MIN_SIDE = 300
"""Minimum shorter side of a photo that is used (pixels)."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One clean photo.

    Attributes:
        name: its file's name.
        rgb: [H, W, 3] uint8 sRGB.
        tune: whether it may be trained and tuned on.
        seed: from its bytes.
    """

    name: str
    rgb: Rgb
    tune: bool
    seed: int

    def again(self, number: int) -> "Photo":
        """The same photo with another seed, so that another overlay is drawn on it; 0 changes nothing."""
        return replace(self, seed=self.seed + number * 7919)


def photos(count: int, part: Part, long_side: int = 1024, data: Path = DATA) -> Iterator[Photo]:
    """``count`` photos of one part, shrunk to ``long_side`` pixels; drawn ones where ``data`` has no photo."""
    files = _files(part, data)
    readable = (
        Photo(path.name, _shrunk(rgb, long_side), part is Part.TRAINING, int(digest[:8], 16))
        for digest, path in files
        if (rgb := _read(path)) is not None and min(rgb.shape[:2]) >= MIN_SIDE
    )
    yield from islice(readable, count)
    for number in range(0 if files else count):
        seed = number if part is Part.TRAINING else number + count
        yield Photo(f"drawn-{seed}", drawn(seed), part is Part.TRAINING, seed)


def _files(part: Part, data: Path) -> list[tuple[str, Path]]:
    """(SHA-256, path); training takes turns between the smaller, varied sets and the large one."""
    of_part = [(digest, path) for digest, path in by_hash(data / "train") if part_of(digest) is part]
    if part is not Part.TRAINING:
        return of_part
    asserted = {sha256_of(path) for path in SAMPLES.rglob("*.jpg")}
    varied = [
        (digest, path)
        for digest, path in sorted(chain(by_hash(data / "product"), by_hash(data / "reference")))
        if digest not in asserted
    ]
    pairs = chain.from_iterable(zip_longest(varied, of_part))
    return [file for file in pairs if file is not None]


def by_hash(folder: Path) -> list[tuple[str, Path]]:
    """(SHA-256, path) of every photo below ``folder``, ordered by SHA-256: any prefix is a fair sample."""
    files = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    return sorted((sha256_of(path), path) for path in files)


def _read(path: Path) -> Rgb | None:
    """[H, W, 3] uint8 RGB; transparency lies over white, as a shop shows it. None where it cannot be read."""
    rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if rgba is None or rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4:
        rgb = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        return None if rgb is None else np.asarray(rgb, np.uint8)
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.rint(rgba[..., 2::-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _shrunk(rgb: Rgb, long_side: int) -> Rgb:
    scale = long_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def drawn(number: int, height: int = 480, width: int = 640) -> Rgb:
    """A product-like scene: shaded ground (white, grey or cloth), a few textured solids, grain, JPEG."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    ground = (255, 235, 180, 120)[number % 4] - random.uniform(0, 40) * rows / height
    scene = np.repeat(ground[..., None], 3, axis=2) + random.normal(0, 4, 3)
    if number % 4 >= 2:
        cloth = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.2)
        scene += 40 * cloth[..., None]
    for _ in range(3):
        centre = random.uniform(0.25, 0.75, 2) * (width, height)
        half = random.uniform(40, 110, 2)
        inside = (np.abs(columns - centre[0]) < half[0]) & (np.abs(rows - centre[1]) < half[1])
        stripes = 18 * np.sin(columns / random.uniform(3, 9) + rows / random.uniform(3, 30))
        solid = (
            random.uniform(30, 220, 3) + stripes[..., None] + 30 * ((rows - centre[1]) / half[1])[..., None]
        )
        soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)[..., None]
        scene = scene * (1 - soft) + solid * soft
    scene += random.normal(0, 1.5, (height, width, 1))
    scene = np.clip(np.where(ground[..., None] >= 250, np.minimum(scene, 255), scene), 0, 255)
    _, packed = cv2.imencode(".jpg", scene.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
