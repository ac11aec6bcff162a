"""The photos that are drawn on: their files, parts, and what is known of their print."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from line.picture import Rgb
from training.overlay.drawing.blend import Plane
from training.split import Part, part_of, sha256_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
STAMPED = ("0c6f89cd", "16740066", "9b771b16")
"""Parts of names of photos that count as clean and bear a camera's stamp."""
MAX_SIDE = 1600
"""Long side to which larger photos are shrunk when they are read (pixels)."""
LARGE_SIDE = 900
"""Long side from which a photo counts as large (pixels)."""


@dataclass(frozen=True)
class Source:
    """One clean photo's file.

    Attributes:
        path: the file.
        name: its path below the data folder.
        part: what it is used for.
        large: whether its long side is at least ``LARGE_SIDE``.
        boxes: where the text detector saw text, [N][4] left, top, right, bottom in thousandths.
    """

    path: Path
    name: str
    part: Part
    large: bool
    boxes: tuple[tuple[int, int, int, int], ...] = ()

    def rgb(self) -> Rgb:
        """[H, W, 3] uint8 sRGB."""
        return read(self.path)


@cache
def sources(data: Path = DATA) -> tuple[Source, ...]:
    """All clean photos, sorted by name.

    Raises:
        SystemExit: there are none below ``data``.
    """
    boxes = json.loads((data / "train" / "text_boxes.json").read_text()) if (data / "train").is_dir() else {}
    every: list[Source] = []
    small = _manifest(data / "train_large")
    for folder in ("train", "train_large", "product"):
        for path in sorted((data / folder).rglob("*")):
            if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp") or any(
                mark in path.name for mark in STAMPED
            ):
                continue
            inner = str(path.relative_to(data / folder))
            digest = small[inner][1] if folder == "train_large" else sha256_of(path)
            text = boxes.get(small[inner][0] if folder == "train_large" else inner, ())
            with Image.open(path) as image:
                large = max(image.size) >= LARGE_SIDE
            every.append(Source(path, f"{folder}/{inner}", part_of(digest), large, tuple(map(tuple, text))))
    if not every:
        raise SystemExit(f"no photos below {data}")
    return tuple(every)


def of_part(part: Part, count: int) -> list[Source]:
    """``count`` photos of a part at most, spread over all sets."""
    return spread([source for source in sources() if source.part is part], count)


def spread(photos: list[Source], count: int) -> list[Source]:
    """``count`` photos at most, from all over the list."""
    return photos[:: max(1, len(photos) // count)][:count]


def drawn_by_set(photos: list[Source], rng: np.random.Generator, large_share: float, power: float) -> Source:
    """One random photo: a large one in ``large_share`` of the calls; sets take turns by their size to ``power``."""
    large = rng.random() < large_share
    some = [source for source in photos if source.large == large] or photos
    groups: dict[str, list[Source]] = {}
    for source in some:
        groups.setdefault(source.name.rsplit("/", 1)[0], []).append(source)
    weights = np.array([len(group) ** power for group in groups.values()])
    group = list(groups.values())[rng.choice(len(groups), p=weights / weights.sum())]
    return group[rng.integers(len(group))]


def _manifest(folder: Path) -> dict[str, tuple[str, str]]:
    """Of every photo of ``train_large``: the copy in ``train`` and its SHA-256."""
    import csv

    file = folder / "manifest.csv"
    if not file.is_file():
        return {}
    with file.open() as rows:
        return {row["path"]: (row["small"], row["small_sha256"]) for row in csv.DictReader(rows)}


def read(path: Path, max_side: int = MAX_SIDE) -> Rgb:
    """[H, W, 3] uint8 sRGB, transparency over white, the long side at most ``max_side``."""
    with Image.open(path) as file:
        image: Image.Image = file
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        rgb = np.asarray(image.convert("RGB"))
    scale = max_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def box_plane(boxes: tuple[tuple[int, int, int, int], ...], shape: tuple[int, ...]) -> Plane:
    """[H, W] float32, 1 within boxes given in thousandths of the photo."""
    plane = np.zeros(shape[:2], np.float32)
    for left, top, right, bottom in boxes:
        rows = slice(shape[0] * top // 1000, -(-shape[0] * bottom // 1000))
        plane[rows, shape[1] * left // 1000 : -(-shape[1] * right // 1000)] = 1
    return plane
