"""A vendor's own overlay, laid over all its photos: found by its outline, erased whole."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Box, RecordedRegion
from line.picture import Mask, Rgb
from overlay import policy
from overlay.templates import placement
from overlay.templates.edges import Edges, edges
from overlay.templates.outline import FINE_SCALES, SCALES, Fit, Floats, fit, rendered
from overlay.templates.placement import Habit

MIN_AGREEMENT, SURE_AGREEMENT = 0.28, 0.45
"""Minimum agreement of the outline on a photo with the overlay's own colours, and whatever its colours are. Photos that
bear an overlay have .38 to .7, others .05 to .2."""
MAX_INK_DISTANCE = 40.0
"""Distance up to which two overlays are of one ink (levels over RGB)."""
MAX_PLACES = 64
"""Maximum number of places that are looked at."""
RIM = 4
"""Width of the rim around an overlay in what is kept of it, and that counts as its own on a photo (pixels)."""

Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Sighting:
    """A vendor's overlay on a photo.

    Attributes:
        template: id of the vendor template.
        window: rows and columns of the photo.
        cover: [h, w] uint8 there, 255 on the overlay.
        text: left, top, right, bottom of the region by which it was learnt, pixels.
        agreement: of its outline, -1..1.
        is_faint: whether the ground shows through, as in a watermark; None where that was not learnt.
    """

    template: int
    window: Window
    cover: Mask
    text: Floats
    agreement: float
    is_faint: bool | None

    def to_record(self, shape: tuple[int, ...]) -> RecordedRegion:
        """As the records keep it, on a photo of ``shape``."""
        left, top, right, bottom = (round(float(share), 4) for share in self.text / np.tile(shape[1::-1], 2))
        x0, y0, x1, y1 = (int(side) for side in np.rint(self.text))
        return RecordedRegion(
            quad=((x0, y0), (x1, y0), (x1, y1), (x0, y1)),
            score=round(self.agreement, 3),
            overlay=1.0,
            box=(max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)),
            template=self.template,
        )


@dataclass(frozen=True, eq=False)
class Mark:
    """What a vendor lays over its photos.

    Attributes:
        edges: [h, w, 2], its outline.
        rgb: [h, w, 3] uint8, its colours, the median of the photos; None where they were not kept.
        covered: [h, w] bool, its pixels.
        text: left, top, right, bottom of the region by which it was learnt, in its pixels.
        through: share of the ground that is seen through it; None where that was not learnt.
        habits: where it is laid.
        extent: left, top, right, bottom as shares of a photo, the median of the photos.
    """

    edges: Edges
    rgb: Rgb | None
    covered: NDArray[np.bool_]
    text: Floats
    through: float | None
    habits: Sequence[Habit]
    extent: Box

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.covered.shape[1], self.covered.shape[0]

    def find(self, rgb: Rgb, texts: Sequence[Floats]) -> Fit | None:
        """Where the overlay is on ``rgb``; None where it is not.

        Args:
            texts: left, top, right, bottom in pixels of regions that may be its own.
        """
        wide, high = self.size
        play = placement.PLAY * min(wide, high) + 2
        usual = placement.places(self.habits, rgb.shape[1::-1], high / wide, MAX_PLACES)
        best: Fit | None = None
        for about in (*usual, *(self._around(text) for text in texts)):
            one = fit(rgb, about, self.edges, SCALES[3:-3:2], play)
            best = one if best is None or one.agreement > best.agreement else best
            if best.agreement >= SURE_AGREEMENT:
                break
        if best is None:
            return None
        exact = fit(rgb, best.box(self.size), self.edges, FINE_SCALES, 2)
        best = exact if exact.agreement > best.agreement else best
        if best.agreement < MIN_AGREEMENT:
            return None
        return best if best.agreement >= SURE_AGREEMENT or self._is_of_colour(rgb, best) else None

    def _around(self, text: Floats) -> Floats:
        """Where the overlay would be if ``text`` were its own."""
        factor = float(max(text[2:] - text[:2]) / max(self.text[2:] - self.text[:2]))
        corner = (text[:2] + text[2:]) / 2 - factor * (self.text[:2] + self.text[2:]) / 2
        return np.concatenate([corner, corner + factor * np.array(self.size)])

    def _is_of_colour(self, rgb: Rgb, place: Fit) -> bool:
        """Whether most of an opaque overlay's pixels have its colour there."""
        if self.rgb is None or self.through is None or self.is_faint:
            return False
        part = rendered(rgb, place.corner, place.scale, self.size)
        core = cv2.erode(self.covered.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        distance = np.linalg.norm(part.astype(np.float32) - self.rgb, axis=2)[core]
        return distance.size > 0 and float(np.median(distance)) < MAX_INK_DISTANCE

    @property
    def is_faint(self) -> bool | None:
        """Whether it is see-through, like a watermark; None where that was not learnt."""
        return None if self.through is None else 1 - self.through < policy.FAINT_OPACITY

    def sighted(self, template: int, rgb: Rgb, place: Fit) -> Sighting:
        """The overlay as it lies on ``rgb`` at ``place``."""
        box = place.box(self.size)
        left, top = np.clip(np.floor(box[:2]), 0, None).astype(int)
        right, bottom = np.minimum(np.ceil(box[2:]), rgb.shape[1::-1]).astype(int)
        whole = self.covered.astype(np.uint8) * np.uint8(255)
        start = (np.array([left, top]) - box[:2]) * place.scale
        laid = rendered(whole, start, 1 / place.scale, (int(right - left), int(bottom - top)))
        window = np.s_[int(top) : int(bottom), int(left) : int(right)]
        text = np.tile(box[:2], 2) + self.text / place.scale
        return Sighting(
            template, window, np.where(laid > 100, np.uint8(255), np.uint8(0)), text, place.agreement, self.is_faint
        )  # fmt: skip

    def as_fact(self) -> dict[str, Any]:
        """JSON for the records."""
        outline = np.rint(128 + 127 * self.edges).astype(np.uint8)
        drawn = np.dstack([outline, self.covered.astype(np.uint8) * 255])
        colours = np.zeros((*self.covered.shape, 3), np.uint8) if self.rgb is None else self.rgb
        return {
            "outline": _png(drawn),
            "colours": _png(colours[..., ::-1]),
            "text": [round(float(side), 2) for side in self.text],
            "through": None if self.through is None else round(self.through, 3),
            "habits": [one.as_fact() for one in self.habits],
            "extent": [round(share, 5) for share in self.extent],
        }

    @classmethod
    def of_fact(cls, fact: Mapping[str, Any]) -> "Mark":
        """From :meth:`as_fact`.

        Raises:
            ValueError: it holds no picture.
        """
        drawn, colours = _picture(fact["outline"]), _picture(fact["colours"])
        outline = np.asarray((drawn[..., :2].astype(np.float32) - 128) / 127, np.float32)
        outline[np.abs(outline) < 1 / 127] = 0
        left, top, right, bottom = (float(share) for share in fact["extent"])
        return cls(
            outline,
            np.ascontiguousarray(colours[..., ::-1]),
            drawn[..., 2] > 127,
            np.array(fact["text"], np.float64),
            None if fact["through"] is None else float(fact["through"]),
            [Habit.of_fact(one) for one in fact["habits"]],
            (left, top, right, bottom),
        )

    @classmethod
    def of_look(cls, look: str, box: Box, shape: tuple[int, ...]) -> "Mark":
        """The letters that templates of earlier versions keep, for photos of ``shape``.

        Args:
            look: PNG in base64, of which share of the photos each pixel was a letter; the box became 96 × 24 pixels
                whatever its sides were.
            box: where the letters usually are.

        Raises:
            ValueError: it holds no picture.
        """
        letters = _picture(look)
        wide, high = (side - 2 * RIM for side in letters.shape[1::-1])
        across, down = (box[2] - box[0]) * shape[1], (box[3] - box[1]) * shape[0]
        stretch = (
            (1.0, wide * down / (high * across)) if wide > high else (high * across / (wide * down), 1.0)
        )
        drawn = np.asarray(cv2.resize(letters, None, fx=stretch[0], fy=stretch[1]), np.uint8)
        rim = RIM * np.array(drawn.shape[1::-1]) / letters.shape[1::-1]
        text = np.concatenate([rim, drawn.shape[1::-1] - rim])
        return cls(edges(drawn), None, drawn.max(axis=2) > 127, text, None, (), box)


def _png(picture: NDArray[np.uint8]) -> str:
    """``picture`` [h, w, 3] uint8 as PNG in base64."""
    return base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()


def _picture(text: str) -> NDArray[np.uint8]:
    """[h, w, 3] uint8 from :func:`_png`, with the channels in their order."""
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("a vendor template holds no picture: confirm its proposal again")
    return np.asarray(picture, np.uint8)
