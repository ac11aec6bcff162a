"""A vendor's templates on one photo: what stands at their places, and which regions are a part of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from line.picture import Mask, Rgb
from line.vendor import VendorTemplate
from models.contract import Region
from overlay.mask.strokes import find_strokes
from overlay.regions import OverlayRegion
from overlay.templates.template_matching import sightings
from overlay.templates.text_template import SAME_LOOK, UNSEEN_LOOK, Stamp, corners
from overlay.templates.vendor_overlay import Sighting

PART_SHARE = 0.5
"""Share of a region's pixels within a template's overlay from which the region is a part of it."""
ROOM = 7
"""Width of the rim around a template's overlay that counts as its own (pixels)."""


@dataclass(frozen=True, eq=False)
class Templates:
    """What is on record of the vendor's templates, and which overlays of theirs a photo bears.

    Attributes:
        stamps: the templates, confirmed ones first.
        overlays: the overlays of confirmed ones on the photo.
    """

    stamps: Sequence[Stamp]
    overlays: Sequence[Sighting]

    @classmethod
    def on(cls, rgb: Rgb, records: Sequence[VendorTemplate], regions: Sequence[OverlayRegion]) -> "Templates":
        """The templates of the records, and their overlays on ``rgb`` [H, W, 3] uint8."""
        stamps = sorted(
            (Stamp.from_record(record) for record in records), key=lambda stamp: not stamp.confirmed
        )
        texts = [Region(region.quad, 0.0) for region in regions]
        whole = sightings(rgb, stamps, texts)
        there = {overlay.template for overlay in whole}
        missing = [
            stamp
            for stamp in stamps
            if stamp.confirmed
            and stamp.id not in there
            and not any(stamp.is_at(region.box(rgb.shape)) for region in regions)
        ]
        letters = [_letters(rgb, stamp) for stamp in missing if stamp.is_on(rgb, UNSEEN_LOOK)]
        return cls(stamps, [*whole, *(overlay for overlay in letters if overlay is not None)])

    def at(self, region: OverlayRegion, shape: tuple[int, ...]) -> Stamp | None:
        """The template at whose place a region stands, a confirmed one first."""
        box = region.box(shape)
        return next((stamp for stamp in self.stamps if stamp.is_at(box)), None)

    def settles(self, rgb: Rgb, region: OverlayRegion, stamp: Stamp | None, unsure: float) -> bool:
        """Whether a region is what a person confirmed to be an overlay at this place.

        It is where its letters are the same. Where they differ, as in a date, the same ink settles a doubt,
        but what is print by itself stays print.
        """
        if stamp is None or not stamp.confirmed:
            return False
        if stamp.is_on(rgb, SAME_LOOK, region.box(rgb.shape)):
            return True
        return region.probability >= unsure and stamp.is_of_ink(find_strokes(rgb, region.quad))

    def holder(self, region: OverlayRegion, pixels: Mask) -> Sighting | None:
        """The overlay that a region is a part of; ``pixels`` [H, W] uint8 are the region's own."""
        return next((overlay for overlay in self.overlays if _share(overlay, pixels) >= PART_SHARE), None)


def _letters(rgb: Rgb, stamp: Stamp) -> Sighting | None:
    """A text template as an overlay: its letters where they usually stand."""
    quad = corners(rgb, stamp.box)
    strokes = find_strokes(rgb, quad)
    if not strokes.glyphs.any():
        return None
    text = np.concatenate([quad.min(axis=0), quad.max(axis=0)]).astype(np.float64)
    return Sighting(stamp.id, strokes.window, strokes.full_mask(), text, UNSEEN_LOOK, is_faint=False)


def _share(overlay: Sighting, pixels: Mask) -> float:
    """Share of ``pixels`` that lie within an overlay's outermost pixels, with some room."""
    covered = np.zeros(pixels.shape, np.uint8)
    covered[overlay.window] = overlay.cover
    points = cv2.findNonZero(covered)
    if points is None or not pixels.any():
        return 0.0
    hull = cv2.fillConvexPoly(np.zeros_like(covered), cv2.convexHull(points), 1)
    room = cv2.dilate(hull, np.ones((ROOM, ROOM), np.uint8)) > 0
    return float(np.mean(room[pixels > 0]))
