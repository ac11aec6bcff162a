"""A vendor template as a step meets it: where a stamp stands, and whether it stands on this photo too."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Box
from line.picture import Rgb
from line.vendor import VendorTemplate
from models.contract import Region, TextFinder
from overlay.mask.strokes import Strokes, find_strokes
from overlay.templates import png_base64 as kept
from overlay.templates.recurring import ALIKE, box_of, overlap
from overlay.templates.vendor_overlay import Mark

LONG, SHORT = 96, 24
"""Sides in pixels of the canvas on which letters are compared, along and across the text."""
RIM = 4
"""Canvas pixels of a look around the box."""
PLAY = 8
"""Canvas pixels by which a stamp may stand elsewhere in its box than on other photos."""
SAME_LOOK = 0.55
"""Correlation of letters from which it is the same stamp."""
UNSEEN_LOOK = 0.6
"""The same where the detector saw no text, so that the letters alone must tell."""
STRETCH = 3.0
"""How much longer one side of a text may be than the template's on a photo of another format."""
ONE_INK = 40.0
"""Levels (Euclidean over RGB) within which two texts are of one ink."""
CLOSE = 480
"""Long side in pixels that the closely looked at part of a photo is enlarged to, at most threefold."""


@dataclass(frozen=True, eq=False)
class Stamp:
    """One vendor template.

    Attributes:
        id: of the template in the records.
        box: left, top, right, bottom as shares of width and height.
        confirmed: a person said it is an overlay; else it is only proposed.
        images: photos of the vendor it was found on.
        ink: median colour of its letters, RGB in levels; None where it differs between photos.
        look: [h, w] float32, share of the photos on which a canvas pixel is part of a letter; None if unknown.
        mark: all that is laid over the photos there, signs and banner too; None where the photos do not agree.
    """

    id: int
    box: Box
    confirmed: bool
    images: int
    ink: NDArray[np.float32] | None = None
    look: NDArray[np.float32] | None = None
    mark: Mark | None = None

    @classmethod
    def from_record(cls, record: VendorTemplate) -> "Stamp":
        """Decode a template of the records; the whole overlay only of a confirmed one."""
        return cls(
            id=record.id,
            box=record.box,
            confirmed=record.is_confirmed,
            images=record.images,
            ink=None if record.ink is None else np.asarray(record.ink, np.float32),
            look=look_of(record.look) if record.look else None,
            mark=Mark.of_fact(record.mark) if record.is_confirmed and record.mark else None,
        )

    def is_at(self, box: Box) -> bool:
        """Whether a text in ``box`` stands at this place, or is a part of what does.

        One side may be longer, up to ``STRETCH`` times: a stamp as wide as a share of the photo's
        width takes another share of its height on a photo of another format.
        """
        mine, other = np.array(self.box), np.array(box)
        sides = np.array([mine[2:] - mine[:2], other[2:] - other[:2]])
        shared = np.clip(np.minimum(mine[2:], other[2:]) - np.maximum(mine[:2], other[:2]), 0, None)
        if shared.prod() <= 0:
            return False
        both = sides.sum(axis=0) - shared
        alike = shared >= 0.7 * both
        covered = (shared >= 0.7 * sides.min(axis=0)) & (sides.max(axis=0) <= STRETCH * sides.min(axis=0))
        is_part = shared.prod() >= 0.8 * sides[1].prod()
        stretched = (alike[0] and covered[1]) or (covered[0] and alike[1])
        return bool(overlap(np.array([mine, other]))[0, 1] >= ALIKE or is_part or stretched)

    def is_on(self, rgb: Rgb, least: float, box: Box | None = None) -> bool:
        """Whether the photo bears these letters in this place, by a correlation of at least ``least``.

        Args:
            box: where a text was found there; the letters may be measured by it as well.
        """
        if self.look is None:
            return False
        return any(likeness(rgb, at, self.look) >= least for at in (box, self.box) if at is not None)

    def is_of_ink(self, strokes: Strokes) -> bool:
        """Whether letters have the stamp's colour."""
        ink = strokes.ink()
        return self.ink is not None and ink is not None and float(np.linalg.norm(ink - self.ink)) < ONE_INK


def corners(rgb: Rgb, box: Box) -> NDArray[np.float32]:
    """[4, 2] float32, the corners of a box in pixels of a photo, clockwise from top left."""
    left, top, right, bottom = box
    shares = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return (shares * rgb.shape[1::-1]).astype(np.float32)


def look_for(rgb: Rgb, finder: TextFinder, stamps: Sequence[Stamp], found: Sequence[Region]) -> list[Region]:
    """Text at the places of confirmed ``stamps`` where the detector ``found`` none.

    The place is looked at again enlarged; where the detector still sees nothing, the letters'
    own shape may tell.
    """
    high, wide = rgb.shape[:2]
    boxes = [box_of(region.quad, wide, high) for region in found]
    more: list[Region] = []
    for stamp in stamps:
        if stamp.confirmed and not any(stamp.is_at(box) for box in boxes):
            near = [
                region
                for region in _closely(rgb, finder, stamp)
                if stamp.is_at(box_of(region.quad, wide, high))
            ]
            if not near and stamp.is_on(rgb, UNSEEN_LOOK):
                near = [Region(corners(rgb, stamp.box), 0.0)]
            more += near
    return more


def _closely(rgb: Rgb, finder: TextFinder, stamp: Stamp) -> list[Region]:
    quad = corners(rgb, stamp.box)
    margin = 1.5 * float(min(np.ptp(quad, axis=0)))
    left, top = np.maximum(np.floor(quad.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(quad.max(axis=0) + margin), rgb.shape[1::-1]).astype(int)
    if right - left < 4 or bottom - top < 4:
        return []
    part = rgb[top:bottom, left:right]
    scale = float(np.clip(CLOSE / max(part.shape[:2]), 1, 3))
    size = (round(part.shape[1] * scale), round(part.shape[0] * scale))
    large = np.ascontiguousarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    corner = np.array([left, top], np.float32)
    return [
        Region((region.quad / scale + corner).astype(np.float32), region.score)
        for region in finder.find(large, limit=max(size))
    ]


def canvas(rgb: Rgb, box: Box, rim: int) -> NDArray[np.float32]:
    """Letters in ``box`` as shares 0..1 of canvas pixels, [h, w] float32, with ``rim`` pixels around it.

    The box becomes ``LONG`` × ``SHORT`` pixels whatever its size on the photo.
    """
    high, wide = rgb.shape[:2]
    left, top, right, bottom = np.array(box) * (wide, high, wide, high)
    columns, rows = (LONG, SHORT) if right - left >= bottom - top else (SHORT, LONG)
    shape = (rows + 2 * rim, columns + 2 * rim)
    aside, above = (right - left) / columns * rim, (bottom - top) / rows * rim
    outer = np.array([left - aside, top - above, right + aside, bottom + above])
    low = np.floor(outer[:2]).astype(int)
    size = np.maximum(np.ceil(outer[2:]).astype(int) - low, 1)
    kept = np.clip([low, low + size], 0, (wide, high))
    if (kept[1] - kept[0] < 4).any():
        return np.zeros(shape, np.float32)
    (x0, y0), (x1, y1) = kept.astype(np.float32)
    strokes = find_strokes(rgb, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32))
    letters = np.zeros((high, wide), np.uint8)
    letters[strokes.window] = strokes.full_mask()
    inside = np.zeros((size[1], size[0]), np.float32)
    ax, ay = kept[0] - low
    part = letters[kept[0][1] : kept[1][1], kept[0][0] : kept[1][0]]
    inside[ay : ay + part.shape[0], ax : ax + part.shape[1]] = part / 255
    small = cv2.resize(inside, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def likeness(rgb: Rgb, box: Box, look: NDArray[np.float32]) -> float:
    """Highest correlation (-1..1) of ``look`` with the letters of ``rgb`` at ``box`` or a little beside it."""
    return correlation(canvas(rgb, box, RIM + PLAY), look)


def correlation(seen: NDArray[np.float32], look: NDArray[np.float32]) -> float:
    """Highest correlation (-1..1) of ``look`` with any part of a canvas that was ``seen``; 0 without letters."""
    if (
        seen.shape[0] < look.shape[0]
        or seen.shape[1] < look.shape[1]
        or seen.std() < 1e-3
        or look.std() < 1e-3
    ):
        return 0.0
    return float(cv2.matchTemplate(seen, look, cv2.TM_CCOEFF_NORMED).max())


def as_text(look: NDArray[np.float32]) -> str:
    """A look as the records keep it: a grey PNG in base64."""
    return kept.as_text(np.rint(look * 255).astype(np.uint8))


def look_of(text: str) -> NDArray[np.float32]:
    """A look from :func:`as_text`."""
    return np.asarray(kept.of_text(text, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255, np.float32)
