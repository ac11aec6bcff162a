"""Pixels of real overlays: labels name regions of a photo, and how the ink stands out there.

The labels (``labels.json``) were drawn by hand on photos of the training part, in thousandths of the photo's
sides. A photo's ``ink`` is a list of ``[way, left, top, right, bottom]``, with one of these ways:

``ground``   what differs from the median colour at the region's rim
``light``    what is lighter than its surroundings in any channel
``dark``     what is darker than its surroundings in any channel
``#rrggbb``  what has nearly this colour

``panel`` has boxes and ellipses, ``print`` boxes of the product's own letters, ``unknown`` boxes of which nothing is
said; ``complete`` says that there is no overlay elsewhere on the photo.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from training.overlay.drawing.blend import Labelled, Plane
from training.overlay.photos import box_plane

LABELS = Path(__file__).with_name("labels.json")
COLOUR_REACH = 75
"""Levels in any channel within which a pixel has the colour that a label names."""
MIN_CONTRAST = 20
"""Levels by which ink differs from what it lies on, at least."""
MAX_MEDIAN = 41
"""Side of the largest neighbourhood that counts as a pixel's surroundings (pixels)."""
OTSU_SHARE = 0.8
"""Share of Otsu's threshold from which a pixel is ink: the rims of letters are."""
MAX_INK_SHARE = 0.75
"""Share of a region above which the threshold has failed and nothing is said of the region."""
Labels = dict[str, Any]


@cache
def labels_by_photo() -> dict[str, Labels]:
    """Labels of all photos, by their path below ``overlay_tune``."""
    labels: dict[str, Labels] = json.loads(LABELS.read_text())
    return labels


def labelled(rgb: Rgb, labels: Labels) -> Labelled:
    """A photo with a real overlay, its pixels labelled."""
    photo = Labelled.of(rgb, box_plane(tuple(map(tuple, labels.get("print", ()))), rgb.shape))
    unknown = box_plane(tuple(map(tuple, labels.get("unknown", ()))), rgb.shape)
    if not labels["complete"]:
        unknown[:] = 1
    opacity = float(labels.get("opacity", 1.0))
    for shape, *corners in labels.get("panel", ()):
        photo.panel = np.maximum(photo.panel, _panel(shape, corners, rgb.shape))
    for way, *corners in labels["ink"]:
        window = _window(corners, rgb.shape)
        ink = ink_pixels(rgb[window], way)
        if not 0 < ink.mean() < MAX_INK_SHARE:
            unknown[window] = 1
            continue
        if not labels["complete"]:
            unknown[window] = 0
        rim = cv2.dilate(ink, np.ones((3, 3), np.uint8)) - ink
        photo.ink[window] = np.maximum(photo.ink[window], ink)
        unknown[window] = np.maximum(unknown[window], rim)
    photo.ignored = np.asarray(np.where(photo.ink > 0, 0, unknown), np.float32)
    photo.opacity = np.asarray(opacity * np.maximum(photo.ink, photo.panel), np.float32)
    photo.unsure *= 1 - np.maximum(photo.ink, photo.panel)
    return photo


def ink_pixels(region: Rgb, way: str) -> NDArray[np.uint8]:
    """[h, w] uint8 0 or 1, the ink in a region of a photo."""
    levels = region.astype(np.int16)
    if way.startswith("#"):
        colour = [int(way[start : start + 2], 16) for start in (1, 3, 5)]
        return np.asarray(np.abs(levels - colour).max(axis=-1) < COLOUR_REACH, np.uint8)
    if way == "ground":
        rim = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
        contrast = np.abs(levels - np.median(rim, axis=0).astype(np.int16)).max(axis=-1)
    else:
        side = max(3, min(MAX_MEDIAN, min(region.shape[:2])) // 2 * 2 - 1)
        around = cv2.medianBlur(region, side).astype(np.int16)
        contrast = (levels - around if way == "light" else around - levels).max(axis=-1)
    strength = contrast.clip(0, 255).astype(np.uint8)
    limit, _ = cv2.threshold(strength, 0, 255, cv2.THRESH_OTSU)
    return np.asarray(strength > max(MIN_CONTRAST, OTSU_SHARE * limit), np.uint8)


def _window(corners: list[int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, right, bottom = corners
    rows = slice(shape[0] * top // 1000, -(-shape[0] * min(1000, bottom) // 1000))
    return rows, slice(shape[1] * left // 1000, -(-shape[1] * min(1000, right) // 1000))


def _panel(shape: str, corners: list[int], size: tuple[int, ...]) -> Plane:
    if shape == "box":
        left, top, right, bottom = corners
        return box_plane(((left, top, right, bottom),), size)
    (x0, y0), (x1, y1) = ((size[1] * x / 1000, size[0] * y / 1000) for x, y in (corners[:2], corners[2:]))
    plane = np.zeros(size[:2], np.uint8)
    middle = (round((x0 + x1) / 2), round((y0 + y1) / 2))
    cv2.ellipse(plane, middle, (round((x1 - x0) / 2), round((y1 - y0) / 2)), 0, 0, 360, 1, -1)
    return plane.astype(np.float32)
