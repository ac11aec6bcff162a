"""Real overlays: pictures with and without them, and pictures of which only the overlaid one is known."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import Drawn
from bench.captions.photos import DATA, Photo, read

VISIBLE = 24
"""Levels by which a pixel of the overlaid picture differs: both were saved as JPEG by themselves."""
ALONE = (
    "posters_alimama/train_*",
    "shop_banners_cn/*",
    "trailcam_banners/*",
    "watermark_braindotai/watermarked*",
)


def pairs(data: Path = DATA) -> Iterator[tuple[Photo, Drawn]]:
    """Posters whose text people painted out (alimama), and one photo under six watermarks (thumbor)."""
    posters, stamped = data / "overlay/posters_alimama", data / "overlay/watermark_thumbor"
    for path in sorted(posters.glob("pair*_overlay.png")):
        yield _pair("poster", path, path.with_name(path.name.replace("overlay", "clean")))
    for path in sorted(stamped.glob("watermark*.jpg")):
        yield _pair("stamped", path, stamped / "source.jpg")


def alone(data: Path = DATA) -> Iterator[Photo]:
    """Overlaid pictures without their clean photo: they can only be counted by what happens to them."""
    for pattern in ALONE:
        for path in sorted((data / "overlay").glob(pattern)):
            yield _photo(path)


def _pair(kind: str, path: Path, clean: Path) -> tuple[Photo, Drawn]:
    photo, truth = _photo(path), read(clean)
    apart = np.abs(photo.rgb.astype(int) - truth).max(axis=-1) > VISIBLE
    mask = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    return photo, Drawn(kind, "", truth, photo.rgb, mask)


def _photo(path: Path) -> Photo:
    return Photo(f"{path.parent.name}/{path.name}", "0" * 64, read(path))
