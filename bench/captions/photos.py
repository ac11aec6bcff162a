"""The photos the benchmarks draw on: found, decoded and split by their bytes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from training.split import Part, part_of

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
STAMPED = frozenset(
    {"8724fc493f7b", "1ae4419006c2", "12a6f6c93a51", "031c5a00cfe5", "d5e2489c2f02", "550a70ae67b8"}
)
"""First 12 hex digits of photos that came with a stamp laid over them, and of two drawings with text."""
LONGEST = 1600


@dataclass(frozen=True, eq=False)
class Photo:
    """One clean photo.

    Attributes:
        name: path below the data folder.
        digest: sha256 of the file, hex.
        rgb: [H, W, 3] uint8 sRGB, long side at most ``LONGEST``.
    """

    name: str
    digest: str
    rgb: np.ndarray

    @property
    def seed(self) -> int:
        return int(self.digest[:12], 16)


def photos(part: str, *, every: int = 1, data: Path = DATA) -> Iterator[Photo]:
    """Clean photos of ``part``, each ``every``-th one.

    Args:
        part: "test", the report part, on which nothing was trained (``training/split.py``), or "tune", all others.
    """
    files = sorted(path for folder in ("product", "reference") for path in (data / folder).rglob("*.*"))
    if not files:
        raise SystemExit(f"no photos below {data}: give another folder with --data")
    is_wanted = {"tune": False, "test": True}[part]
    taken = 0
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if (part_of(digest) is Part.REPORT) is not is_wanted or digest[:12] in STAMPED:
            continue
        taken += 1
        if (taken - 1) % every == 0:
            yield Photo(str(path.relative_to(data)), digest, read(path))


def read(path: Path) -> np.ndarray:
    """[H, W, 3] uint8, transparency over white, shrunk to ``LONGEST``."""
    with Image.open(path) as opened:
        image: Image.Image = opened
        if image.has_transparency_data:
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(ground, image)
        rgb = np.asarray(image.convert("RGB"))
    scale = LONGEST / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
