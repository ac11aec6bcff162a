"""Photos with real overlays: pixels labelled by hand, or boxes of the text detector where their letters stand."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from training.overlay.drawing.blend import Labelled, resized
from training.overlay.photos import DATA, box_plane, read
from training.overlay.real.pixels import labelled, labels_by_photo
from training.overlay.sample import WORKING_SIDE, saved
from training.split import Part, part_of

EDGE = 140
"""Thousandths of the photo's side within which a camera writes."""
MARGIN = 45
"""Thousandths around an overlay's boxes of which nothing is said: signs and missed letters stand there."""

HELD_OUT_DIGITS = frozenset("59")
"""First hexadecimal digits of the SHA-256 of photos of the training part that calibrate instead: that part has six."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class RealOverlay:
    """One photo with a real overlay.

    Attributes:
        path: the file.
        name: its path below ``overlay_tune``.
        group: where it comes from.
        part: what it is used for.
        boxes: boxes of the overlay's letters, in thousandths.
        is_complete: whether there is no overlay beside the boxes.
    """

    path: Path
    name: str
    group: str
    part: Part
    boxes: tuple[Box, ...]
    is_complete: bool

    @property
    def is_labelled(self) -> bool:
        """Whether it is known where the overlay is, or some of it."""
        return bool(self.boxes) or self.name in labels_by_photo()


@cache
def real_overlays(data: Path = DATA) -> tuple[RealOverlay, ...]:
    """All photos of ``overlay_tune``, sorted by name."""
    folder = data / "overlay_tune"
    if not folder.is_dir():
        return ()
    texts = json.loads((folder / "text_boxes.json").read_text())
    with (folder / "manifest.csv").open() as rows:
        every = [_entry(folder, row, texts.get(row["path"], [])) for row in csv.DictReader(rows)]
    return tuple(sorted(every, key=lambda entry: entry.name))


def _entry(folder: Path, row: dict[str, str], boxes: list[list[int]]) -> RealOverlay:
    group, kind = row["set"], row["overlay_kind"]
    rim = tuple((a, b, c, d) for a, b, c, d in boxes if _is_at_edge((a, b, c, d)))
    camera = kind.startswith("camera stamp") or group.startswith("trailcam")
    if camera:
        chosen = rim
    elif "footer" in kind:
        chosen = tuple(box for box in rim if box[3] > 1000 - EDGE)
    elif group in ("shop_captions_shopxo", "watermark_roboflow") and row["product_print"] == "no":
        chosen = tuple((a, b, c, d) for a, b, c, d in boxes)
    else:
        chosen = ()
    part = part_of(row["sha256"])
    if part is Part.TRAINING and row["sha256"][0] in HELD_OUT_DIGITS:
        part = Part.CALIBRATION
    return RealOverlay(folder / row["path"], row["path"], group, part, chosen, camera and bool(chosen))


def _is_at_edge(box: Box) -> bool:
    left, top, right, bottom = box
    flat, upright = bottom - top < 120, right - left < 120
    at_rim = (top + bottom) / 2 > 1000 - EDGE or (top + bottom) / 2 < EDGE
    at_side = (left + right) / 2 > 1000 - EDGE or (left + right) / 2 < EDGE
    return (flat and at_rim) or (upright and at_side)


def real_sample(entry: RealOverlay, rng: np.random.Generator) -> Labelled:
    """A photo with a real overlay at the network's scale, or smaller."""
    rgb = read(entry.path)
    if entry.name in labels_by_photo():
        return _at_working_size(labelled(rgb, labels_by_photo()[entry.name]), rng)
    photo = Labelled.of(rgb)
    photo.claimed = box_plane(entry.boxes, rgb.shape)
    around = tuple(
        (max(0, a - MARGIN), max(0, b - MARGIN), min(1000, c + MARGIN), min(1000, d + MARGIN))
        for a, b, c, d in entry.boxes
    )
    photo.ignored = box_plane(around, rgb.shape) if entry.is_complete else np.ones(rgb.shape[:2], np.float32)
    return _at_working_size(photo, rng)


def _at_working_size(photo: Labelled, rng: np.random.Generator) -> Labelled:
    """As an upload brings it: lighter or darker, saved again, at the network's scale or smaller."""
    if rng.random() < 0.5:
        gain, shift = (
            rng.uniform(0.8, 1.2, 3) if rng.random() < 0.5 else rng.uniform(0.8, 1.2),
            rng.uniform(-25, 25),
        )
        photo.rgb = np.rint(photo.rgb * gain + shift).clip(0, 255).astype(np.uint8)
    photo.rgb = saved(photo.rgb, rng, 0.6)
    side = WORKING_SIDE * float(rng.uniform(0.7, 1.05))
    scale = side / max(photo.rgb.shape[:2])
    return resized(photo, scale) if scale < 1 else photo
