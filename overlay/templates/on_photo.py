"""A vendor's templates on one photo: what stands at their places, and which regions are a part of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from line.facts import Box
from line.picture import Mask, Rgb
from line.vendor import VendorTemplate
from overlay.regions import OverlayRegion
from overlay.templates.outline import Floats
from overlay.templates.recurring import MIN_OVERLAP, overlap
from overlay.templates.vendor_overlay import MAX_INK_DISTANCE, RIM, Mark, Sighting

PART_SHARE = 0.5
"""Minimum share of a region's pixels within a template's overlay for the region to be a part of it."""
MAX_STRETCH = 3.0
"""Factor by which one side of a region may be longer than the template's on a photo of another format."""
SIDE_SHARE = 0.7
"""Minimum share of the sides of two boxes that they have in common where only one side is stretched."""


def is_at(template: VendorTemplate, box: Box) -> bool:
    """Whether a region in ``box`` stands at the template's place, or is a part of what does.

    One side may be longer, up to ``MAX_STRETCH`` times: a stamp as wide as a share of the photo's width takes
    another share of its height on a photo of another format.
    """
    mine, other = np.array(template.box), np.array(box)
    sides = np.array([mine[2:] - mine[:2], other[2:] - other[:2]])
    shared = np.clip(np.minimum(mine[2:], other[2:]) - np.maximum(mine[:2], other[:2]), 0, None)
    if shared.prod() <= 0:
        return False
    alike = shared >= SIDE_SHARE * (sides.sum(axis=0) - shared)
    covered = (shared >= SIDE_SHARE * sides.min(axis=0)) & (
        sides.max(axis=0) <= MAX_STRETCH * sides.min(axis=0)
    )
    is_part = shared.prod() >= SIDE_SHARE * sides[1].prod()
    stretched = (alike[0] and covered[1]) or (covered[0] and alike[1])
    return bool(overlap(np.array([mine, other]))[0, 1] >= MIN_OVERLAP or is_part or stretched)


def find(template: VendorTemplate, rgb: Rgb, boxes: Sequence[Box]) -> Sighting | None:
    """The overlay of a confirmed template on ``rgb`` [H, W, 3] uint8; None where it is not.

    Args:
        boxes: of regions on the photo.

    Raises:
        ValueError: the template's record holds no picture.
    """
    if template.mark:
        mark = Mark.of_fact(template.mark)
    elif template.look:
        mark = Mark.of_look(template.look, template.box, rgb.shape)
    else:
        return None
    candidates = [_pixels(box, rgb) for box in (*boxes, template.box) if is_at(template, box)]
    place = mark.find(rgb, candidates)
    return None if place is None else mark.sighted(template.id, rgb, place)


@dataclass(frozen=True, eq=False)
class Templates:
    """What is on record of the vendor's templates, and which overlays of theirs a photo bears.

    Attributes:
        records: the templates, confirmed ones first.
        overlays: the overlays of confirmed ones on the photo.
    """

    records: Sequence[VendorTemplate]
    overlays: Sequence[Sighting]

    @classmethod
    def on(cls, rgb: Rgb, records: Sequence[VendorTemplate], regions: Sequence[OverlayRegion]) -> "Templates":
        """The templates of the records, and their overlays on ``rgb`` [H, W, 3] uint8."""
        boxes = [region.box(rgb.shape) for region in regions]
        sightings = [find(record, rgb, boxes) for record in records if record.is_confirmed]
        ordered = sorted(records, key=lambda record: not record.is_confirmed)
        return cls(ordered, [one for one in sightings if one is not None])

    def at(self, region: OverlayRegion, shape: tuple[int, ...]) -> VendorTemplate | None:
        """The template at whose place a region stands, a confirmed one first."""
        box = region.box(shape)
        return next((record for record in self.records if is_at(record, box)), None)

    def holder(self, region: OverlayRegion, pixels: Mask) -> Sighting | None:
        """The overlay that a region is a part of; ``pixels`` [H, W] uint8 are the region's own."""
        return next((overlay for overlay in self.overlays if _share(overlay, pixels) >= PART_SHARE), None)


def settles(template: VendorTemplate | None, rgb: Rgb, region: OverlayRegion, unsure: float) -> bool:
    """Whether a region in doubt at the template's place is an overlay: it is of the ink of what was confirmed there.

    So a date is, whatever its letters are; what is print by itself stays print.
    """
    if template is None or not template.is_confirmed or template.ink is None:
        return False
    if region.probability < unsure:
        return False
    return float(np.linalg.norm(region.colour(rgb) - np.array(template.ink))) < MAX_INK_DISTANCE


def _pixels(box: Box, rgb: Rgb) -> Floats:
    return np.asarray(np.array(box) * np.tile(rgb.shape[1::-1], 2), np.float64)


def _share(overlay: Sighting, pixels: Mask) -> float:
    """Share of ``pixels`` that lie within an overlay's outermost pixels, with some room."""
    covered = np.zeros(pixels.shape, np.uint8)
    covered[overlay.window] = overlay.cover
    points = cv2.findNonZero(covered)
    if points is None or not pixels.any():
        return 0.0
    hull = cv2.fillConvexPoly(np.zeros_like(covered), cv2.convexHull(points), 1)
    room = cv2.dilate(hull, np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    return float(np.mean(room[pixels > 0]))
