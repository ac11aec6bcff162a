"""Uploads of one vendor: photos under its overlay, and what became of them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from bench.captions.photos import Photo
from bench.captions.vendor import stamped

NONE = "none"
"""Kind of the vendor that lays nothing over its photos."""
MAX_UNCHANGED = 4
"""Levels in any channel up to which a pixel is as it was before the line."""
MIN_LEFT = 0.2
"""Share of an overlay's pixels from which it counts as left."""
OVERLAY_MARGIN = 0.02
"""Distance from an overlay, of the long side, up to which a change belongs to it: shadows, feathers."""
MAX_CHANGED_ELSEWHERE = 0.002
"""Share of the photo, changed farther away, from which something else was erased."""
MIN_OVERLAY_SHARE = 0.03
"""Share of a template's box that is the overlay's, mean of the photos, from which a person would confirm it."""


@dataclass
class Upload:
    """What came of one upload of one vendor: shares of its images."""

    images: int = 0
    asked: float = 0.0
    left: float = 0.0
    beside: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class Vendor:
    """One vendor.

    Attributes:
        confirmed, dismissed: templates that the line proposed, by what they are.
        first: its first upload, before anybody answered.
        answered: the same once its templates were decided about, and what was flagged or still bears one went round
            again.
        second: its next upload.
    """

    name: str
    kind: str
    confirmed: int = 0
    dismissed: int = 0
    first: Upload = field(default_factory=Upload)
    answered: Upload = field(default_factory=Upload)
    second: Upload = field(default_factory=Upload)


def draw(folder: Path, vendor: Vendor, number: int, taken: Iterator[Photo], count: int) -> None:
    """``count`` photos in ``folder``, and beside it in ``folder``.truth the overlays' pixels."""
    truth = folder.with_suffix(".truth")
    for one in (folder, truth):
        one.mkdir(parents=True)
    number_drawn = 0
    for photo in taken:
        drawn = None if vendor.kind == NONE else stamped(photo, vendor.kind, number)
        if drawn is None and vendor.kind != NONE:
            continue
        rgb = photo.rgb if drawn is None else drawn.rgb
        mask = np.zeros(rgb.shape[:2], bool) if drawn is None else drawn.mask
        cv2.imwrite(str(folder / f"{number_drawn:03}.png"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(truth / f"{number_drawn:03}.png"), mask.astype(np.uint8) * 255)
        number_drawn += 1
        if number_drawn == count:
            return


def read(path: Path, how: int = cv2.IMREAD_COLOR) -> np.ndarray:
    picture = cv2.imread(str(path), how)
    if picture is None:
        raise SystemExit(f"{path} is no picture")
    return picture


def judged(folder: Path, manifest: Path) -> Upload:
    """What came of the upload in ``folder``, by its manifest and the files beside that."""
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    upload = Upload(images=len(rows))
    left = beside = 0
    for row in rows:
        if row["state"] != "delivered":
            upload.reasons[row["reason"]] = upload.reasons.get(row["reason"], 0) + 1
            continue
        before, after = read(folder / row["name"]), read(manifest.parent / row["file"])
        mask = read(folder.with_suffix(".truth") / row["name"], cv2.IMREAD_GRAYSCALE) > 0
        changed = np.abs(before.astype(np.int16) - after).max(axis=2) > MAX_UNCHANGED
        reach = max(3, round(OVERLAY_MARGIN * max(mask.shape)))
        around = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        left += bool(mask.any()) and float(np.mean(~changed[mask])) > MIN_LEFT
        beside += float(np.mean(changed & ~around)) > MAX_CHANGED_ELSEWHERE
    asked = sum(upload.reasons.values())
    upload.asked, upload.left, upload.beside = (count / len(rows) for count in (asked, left, beside))
    return upload


def is_overlay(box: list[float], truth: Path) -> bool:
    """Whether what a template shows is the overlay, by what of its box is that on the vendor's photos."""
    shares = []
    for path in sorted(truth.iterdir()):
        mask = read(path, cv2.IMREAD_GRAYSCALE)
        left, top, right, bottom = (
            round(share * side) for share, side in zip(box, mask.shape[1::-1] * 2, strict=True)
        )
        shares.append(
            float(np.mean(mask[top:bottom, left:right] > 0)) if right > left and bottom > top else 0.0
        )
    return float(np.mean(shares)) >= MIN_OVERLAY_SHARE
