"""A vendor's own overlay, laid over all its photos: letters, signs, banner; found by its outline, erased whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Box
from line.picture import Mask, Rgb
from overlay.mask.strokes import Strokes, Window, filled_around
from overlay.mask.transparency import may_be_veil
from overlay.segment.edges import Edges
from overlay.templates import placement
from overlay.templates.alignment import FINER, SCALES, Example, Fit, brought_together, fit, view
from overlay.templates.placement import Habit
from overlay.templates.png_base64 import as_text, of_text
from overlay.templates.template_alpha_mask import cover, shown_through

Floats = NDArray[np.float64]

RIM = 4
"""Pixels of a mark around its cover."""
SEEN, CLEARLY = 0.28, 0.45
"""Agreement of the outline from which a photo bears the mark if the colours are its own too, and whatever they are.
Photos that bear one have .38 to .7, others .05 to .2."""
COLOUR, OF_COLOUR = 48.0, 0.5
"""Levels by which a pixel may differ from the mark's, and the share of them that must not."""
FAINT = 0.4
"""Share of the ground seen through it from which a mark is a watermark. Thin opaque digits seem to have .33."""
TRIED = 24
"""Places that are looked at, at most."""
WIDER = (0.94, 0.97, 1.0, 1.03, 1.06)
"""Scales that are tried where the vendor's habit says how large it is."""
PLAY = 0.2
"""Sides by which it may be off from there."""
FULL = 100
"""Of 255, from which a pixel of the photo is covered."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """A mark on a photo.

    Attributes:
        template: id of the vendor template.
        window: rows and columns of the photo.
        cover: [h, w] uint8 there, 255 on the mark.
        text: left, top, right, bottom of its text, pixels.
        agreement: of its outline, -1..1.
        is_faint: whether the ground shows through, as in a watermark.
    """

    template: int
    window: Window
    cover: Mask
    text: Floats
    agreement: float
    is_faint: bool


@dataclass(frozen=True, eq=False)
class Mark:
    """What a vendor lays over its photos.

    Attributes:
        edges: [h, w, 2], its outline.
        rgb: [h, w, 3] uint8, its colours, the median of the photos.
        covered: [h, w] bool, its pixels.
        text: left, top, right, bottom of the text by which it was found, in its pixels.
        through: share of the ground that is seen through it; None where that is not known.
        habits: where it is laid.
        extent: left, top, right, bottom as shares of a photo, the median of the photos.
    """

    edges: Edges
    rgb: Rgb
    covered: NDArray[np.bool_]
    text: Floats
    through: float | None
    habits: Sequence[Habit]
    extent: Box

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.covered.shape[1], self.covered.shape[0]

    def find(self, rgb: Rgb, texts: Sequence[Floats]) -> Fit | None:
        """Where the mark is on ``rgb``; None where it is not.

        Args:
            texts: left, top, right, bottom in pixels of texts that may be its own.
        """
        wide, high = self.size
        short = min(wide, high)
        best: Fit | None = None
        for about in placement.places(self.habits, rgb.shape[1::-1], high / wide, TRIED):
            if best is None or best.agreement < CLEARLY:
                best = _better(best, fit(rgb, about, self.edges, WIDER, PLAY * short + 2))
        for text in texts:
            if best is None or best.agreement < CLEARLY:
                about = self._around(text)
                best = _better(best, fit(rgb, about, self.edges, SCALES, PLAY * short + 2))
        if best is None:
            return None
        exact = _better(best, fit(rgb, best.box(self.size), self.edges, FINER, 2))
        if exact is None or exact.agreement < SEEN:
            return None
        return exact if exact.agreement >= CLEARLY or self._is_of_colour(rgb, exact) else None

    def _around(self, text: Floats) -> Floats:
        """Where the mark would be if ``text`` were its own."""
        factor = float(max(text[2:] - text[:2]) / max(self.text[2:] - self.text[:2]))
        corner = (text[:2] + text[2:]) / 2 - factor * (self.text[:2] + self.text[2:]) / 2
        return np.concatenate([corner, corner + factor * np.array(self.size)])

    def _is_of_colour(self, rgb: Rgb, place: Fit) -> bool:
        box = place.box(self.size)
        seen = view(rgb, box, float(place.scale.max()))
        if seen is None or self.through is None or self.through > FAINT:
            return False
        left, top = np.clip(np.rint((seen.corner - box[:2]) * place.scale), 0, None).astype(int)
        own = self.rgb[top : top + seen.rgb.shape[0], left : left + seen.rgb.shape[1]]
        core = cv2.erode(self.covered.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        part = core[top : top + own.shape[0], left : left + own.shape[1]]
        apart = np.abs(seen.rgb[: own.shape[0], : own.shape[1]].astype(np.int16) - own).max(axis=2)
        return bool(part.any()) and float(np.mean(apart[part] < COLOUR)) >= OF_COLOUR

    def sighted(self, template: int, rgb: Rgb, place: Fit) -> Sighting:
        """The mark as it lies on ``rgb`` at ``place``."""
        box = place.box(self.size)
        low, high = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
        left, top = np.clip(low, 0, None)
        right, bottom = np.minimum(high, rgb.shape[1::-1])
        # of the photo's pixels each the mark's where it lies
        columns, rows = (
            ((np.arange(a, b) + 0.5 - start) * scale - 0.5).astype(np.float32)
            for a, b, start, scale in zip((left, top), (right, bottom), box[:2], place.scale, strict=True)
        )
        across, down = np.meshgrid(columns, rows)
        whole = self.covered.astype(np.uint8) * 255
        laid = cv2.remap(whole, across, down, cv2.INTER_LINEAR)
        covered = np.where(laid > FULL, 255, 0).astype(np.uint8)
        window = np.s_[int(top) : int(bottom), int(left) : int(right)]
        text = np.tile(box[:2], 2) + self.text / np.tile(place.scale, 2)
        is_faint = _may_be_veil(rgb, window, covered) if self.through is None else self.through > FAINT
        return Sighting(template, window, covered, text, place.agreement, is_faint)

    def as_fact(self) -> dict[str, Any]:
        """JSON for the records."""
        outline = np.rint(128 + 127 * self.edges).astype(np.uint8)
        drawn = np.dstack([outline, self.covered.astype(np.uint8) * 255])
        return {
            "outline": as_text(drawn),
            "colours": as_text(self.rgb[..., ::-1]),
            "text": [round(float(side), 2) for side in self.text],
            "through": None if self.through is None else round(self.through, 3),
            "habits": [one.as_fact() for one in self.habits],
            "extent": [round(share, 5) for share in self.extent],
        }

    @classmethod
    def of_fact(cls, fact: Mapping[str, Any]) -> "Mark":
        """From :meth:`as_fact`.

        Raises:
            ValueError: it is no mark.
        """
        drawn, colours = of_text(fact["outline"]), of_text(fact["colours"])
        covered = drawn[..., 2] > 127
        found = np.asarray((drawn[..., :2].astype(np.float32) - 128) / 127, np.float32)
        found[np.abs(found) < 1 / 127] = 0
        left, top, right, bottom = (float(share) for share in fact["extent"])
        return cls(
            found,
            np.ascontiguousarray(colours[..., ::-1]),
            covered,
            np.array(fact["text"], np.float64),
            None if fact["through"] is None else float(fact["through"]),
            [Habit.of_fact(one) for one in fact["habits"]],
            (left, top, right, bottom),
        )


def learn(photos: Sequence[tuple[Rgb, Box]]) -> Mark | None:
    """The mark that some photos bear, each with the box of its text in shares; None where they show no such thing."""
    stack = brought_together([Example.of(rgb, box) for rgb, box in photos])
    covered = None if stack is None else cover(stack)
    if stack is None or covered is None:
        return None
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    top, left = (max(0, int(side[0]) - RIM) for side in (rows, columns))
    part = np.s_[top : int(rows[-1]) + RIM + 1, left : int(columns[-1]) + RIM + 1]
    near = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8))[part] > 0
    high, wide = covered[part].shape
    corners = stack.places[:, :2] + np.array([left, top]) * stack.places[:, 2:]
    boxes = np.hstack([corners, corners + np.array([wide, high]) * stack.places[:, 2:]])
    sizes = [(one.rgb.shape[1], one.rgb.shape[0]) for one in stack.examples]
    shares = np.median(boxes / np.array(sizes)[:, [0, 1, 0, 1]], axis=0)
    there = np.broadcast_to(~stack.there[..., None], stack.rgb.shape)
    shown = np.ma.array(stack.rgb, mask=there)[:, part[0], part[1]]
    colours = np.ma.median(shown, axis=0).filled(0)  # type: ignore[no-untyped-call]
    return Mark(
        np.asarray((stack.edges * stack.outline()[..., None])[part] * near[..., None], np.float32),
        colours.astype(np.uint8),
        covered[part],
        stack.text - np.tile((left, top), 2),
        shown_through(stack, covered),
        placement.learn(boxes, sizes),
        tuple(float(share) for share in np.clip(shares, 0, 1)),  # type: ignore[arg-type]
    )


def _better(one: Fit | None, other: Fit | None) -> Fit | None:
    return max((found for found in (one, other) if found), key=lambda found: found.agreement, default=None)


def _may_be_veil(rgb: Rgb, window: Window, covered: Mask) -> bool:
    part = rgb[window]
    near = cv2.dilate(covered, np.ones((3, 3), np.uint8)) > 0
    ground = np.clip(np.rint(filled_around(part, ~near, 4.0)), 0, 255).astype(np.uint8)
    whole = np.ones(covered.shape, np.bool_)
    return may_be_veil(Strokes(window, 1.0, part, whole, covered > 0, ground, 0.0))
