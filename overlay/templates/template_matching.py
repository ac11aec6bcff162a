"""What a vendor lays over its photos, on this photo: known by its outline, whatever the detector sees of it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import RecordedRegion
from line.picture import Rgb
from models.contract import Region
from overlay.classify.classifier import Reading
from overlay.templates.recurring import box_of, rounded
from overlay.templates.text_template import Stamp, corners
from overlay.templates.vendor_overlay import Sighting

OWN = 0.5
"""Share of a text's letters that are the mark's from which it is a part of the mark."""
INSIDE = 0.7
"""The same of its box, where no letters were found in it."""
AROUND = 3
"""Pixels around a mark that are still its own."""


def sightings(rgb: Rgb, stamps: Sequence[Stamp], found: Sequence[Region]) -> list[Sighting]:
    """The marks of confirmed ``stamps`` on ``rgb``, looked for where they usually are and at texts ``found`` there."""
    seen = []
    for stamp in stamps:
        if not stamp.confirmed or stamp.mark is None:
            continue
        quads = [
            region.quad for region in found if stamp.is_at(box_of(region.quad, rgb.shape[1], rgb.shape[0]))
        ]
        quads.append(corners(rgb, stamp.box))
        texts = [np.concatenate([quad.min(axis=0), quad.max(axis=0)]).astype(np.float64) for quad in quads]
        if (place := stamp.mark.find(rgb, texts)) is not None:
            seen.append(stamp.mark.sighted(stamp.id, rgb, place))
    return seen


def holders(
    readings: Sequence[Reading], marks: Sequence[Sighting], size: tuple[int, ...]
) -> list[Sighting | None]:
    """For each text the mark on a photo of ``size`` [H, W, 3] that it is a part of, if any."""
    places = [_place(mark, size) for mark in marks]
    return [
        next((mark for mark, place in zip(marks, places, strict=True) if _holds(*place, reading)), None)
        for reading in readings
    ]


def _place(mark: Sighting, size: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """[H, W] each, the mark's pixels with some around, and all within its outermost."""
    covered = np.zeros(size[:2], np.uint8)
    covered[mark.window] = mark.cover
    own = cv2.dilate(covered, np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8)) > 0
    hull = np.zeros(size[:2], np.uint8)
    points = cv2.findNonZero(covered)
    if points is not None:
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return own, hull > 0


def _holds(own: NDArray[np.bool_], hull: NDArray[np.bool_], reading: Reading) -> bool:
    letters = reading.strokes.full_mask() > 0
    if letters.any():
        return float(np.mean(own[reading.strokes.window][letters])) >= OWN
    box = np.zeros(hull.shape, np.uint8)
    cv2.fillConvexPoly(box, np.rint(reading.region.quad).astype(np.int32), 1)
    return bool(box.any()) and float(np.mean(hull[box > 0])) >= INSIDE


def to_record(mark: Sighting, size: tuple[int, ...]) -> RecordedRegion:
    """A mark's text as the records keep one, where no finder saw any; ``size`` is [H, W, 3]."""
    left, top, right, bottom = (float(side) for side in mark.text)
    quad = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    return RecordedRegion(
        quad=tuple((int(x), int(y)) for x, y in np.rint(quad)),
        score=round(mark.agreement, 3),
        overlay=1.0,
        box=rounded(box_of(quad, size[1], size[0])),
        template=mark.template,
    )
