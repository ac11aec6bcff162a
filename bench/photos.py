"""Photos to measure on: the real ones beside the checkout, or drawn ones where there are none."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from line.picture import Rgb

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("product", "reference")
SALT = "parts of 2026-11-21, midnight"
KINDS = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One clean photo.

    Attributes:
        name: its file's name.
        rgb: [H, W, 3] uint8.
        tune: whether it belongs to the three quarters that limits are tuned on; the others are reported.
        seed: from its bytes.
    """

    name: str
    rgb: Rgb
    tune: bool
    seed: int

    def again(self, number: int) -> "Photo":
        """The same photo with another overlay in store: letters and boxes by turns; with 0 it is the same."""
        return replace(self, seed=self.seed + number * 7919)


def photos(
    limit: int, long_side: int = 1024, least: int = 300, sets: tuple[str, ...] = SETS
) -> Iterator[Photo]:
    """``limit`` photos, spread over the sets, shrunk to ``long_side``; drawn ones without the real."""
    files = [
        path for part in sets for path in sorted((DATA / part).glob("*/*")) if path.suffix.lower() in KINDS
    ]
    # by hash, so that any limit takes a fair sample of all sets
    hashed = sorted((hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in files)
    given = 0
    for digest, path in hashed:
        if given == limit:
            return
        found = _read(path)
        if found is None or min(found.shape[:2]) < least:
            continue
        given += 1
        yield Photo(path.name, _shrunk(found, long_side), _tune(digest), int(digest[:8], 16))
    for number in range(0 if files else limit):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield Photo(f"drawn-{number}", drawn(number), _tune(digest), number)


def _read(path: Path) -> Rgb | None:
    """[H, W, 3] on white where there is alpha: what lies under it was never meant to be seen."""
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 4:
        return cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    share = found[..., 3:].astype(np.float32) / 255
    return np.rint(found[..., 2::-1] * share + 255 * (1 - share)).astype(np.uint8)


def _tune(digest: str) -> bool:
    # a new salt makes new parts: limits were last tuned by looking at one of these only
    return hashlib.sha256(f"{SALT} {digest}".encode()).digest()[0] % 4 != 0


def _shrunk(rgb: Rgb, long_side: int) -> Rgb:
    scale = long_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def drawn(number: int, height: int = 480, width: int = 640) -> Rgb:
    """A product-like scene: shaded ground (white, grey or cloth), a few textured solids, grain, JPEG."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    ground = (255, 235, 180, 120)[number % 4] - random.uniform(0, 40) * rows / height
    scene = np.repeat(ground[..., None], 3, axis=2) + random.normal(0, 4, 3)
    if number % 4 >= 2:
        cloth = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(np.float32), None, 1.2)
        scene += 40 * cloth[..., None]
    for _ in range(3):
        centre = random.uniform(0.25, 0.75, 2) * (width, height)
        half = random.uniform(40, 110, 2)
        inside = (np.abs(columns - centre[0]) < half[0]) & (np.abs(rows - centre[1]) < half[1])
        stripes = 18 * np.sin(columns / random.uniform(3, 9) + rows / random.uniform(3, 30))
        solid = (
            random.uniform(30, 220, 3) + stripes[..., None] + 30 * ((rows - centre[1]) / half[1])[..., None]
        )
        soft = cv2.GaussianBlur(inside.astype(np.float32), None, 1.0)[..., None]
        scene = scene * (1 - soft) + solid * soft
    scene += random.normal(0, 1.5, (height, width, 1))
    scene = np.clip(np.where(ground[..., None] >= 250, np.minimum(scene, 255), scene), 0, 255)
    _, packed = cv2.imencode(".jpg", scene.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)
