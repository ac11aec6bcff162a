"""One overlay on several photos of a vendor, brought together by its edges, which are the same on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Box
from line.picture import Rgb
from overlay.segment.edges import Edges, agreement, edges, strength
from overlay.templates.recurring import LEAST

Floats = NDArray[np.float64]

LONGEST, SHORTEST = 240, 96
"""Pixels to which the longer side of the text is brought, at most and at least."""
MARGIN = 3.0
"""What is looked at around the text on each side, in its heights."""
RIM = 0.4
"""Heights around a text that are compared first."""
PLAY = 0.7
"""Heights by which a text may be off in its box: boxes are loose."""
AGAIN = 3.0
"""Pixels by which it may be off once all were brought together."""
FARTHEST = 0.8
"""Lengths of the text that are looked at around it at most: the box of a slanted one is as high as it is long."""
SCALES = tuple(np.geomspace(0.84, 1.19, 15).tolist())
"""How much larger than its box says a text may be."""
FINER = tuple(np.geomspace(0.975, 1.025, 5).tolist())
TRIED = 4
"""Photos that are tried as the one to which the others are brought."""
FITS = 0.25
"""Agreement from which a photo shows the same overlay as the others: those that do have .4 to .7, others .05 to .2."""
MOST = 0.6
"""Share of the photos that must show it."""
CHANCE = 1.1
"""Over the root of the number of photos: how far edges of the grounds may agree by chance."""
SAME = 0.3
"""Agreement of the photos' edges at least from which one is the overlay's."""
WIDER = (1.0, 2.0)
"""Heights around the text in which the outline is taken in, one after the other: a sign stands beside it."""


@dataclass(frozen=True, eq=False)
class Example:
    """One photo and where the text stands on it.

    Attributes:
        rgb: [H, W, 3] uint8.
        box: left, top, right, bottom of the text, pixels.
    """

    rgb: Rgb
    box: Floats

    @classmethod
    def of(cls, rgb: Rgb, box: Box) -> "Example":
        """The text in ``box``, shares of the photo's width and height."""
        return cls(rgb, np.array(box) * np.tile(rgb.shape[1::-1], 2))

    @property
    def length(self) -> float:
        return float(max(self.box[2:] - self.box[:2]))


@dataclass(frozen=True, eq=False)
class View:
    """A part of a photo at another scale.

    Attributes:
        rgb: [h, w, 3] uint8.
        edges: its edges.
        scale: pixels of it per pixel of the photo, across and down.
        corner: x and y of its left upper corner on the photo, pixels.
    """

    rgb: Rgb
    edges: Edges
    scale: Floats
    corner: Floats

    def onto(self, box: Floats) -> Floats:
        """A box of the photo (left, top, right, bottom) in its own pixels."""
        return (box - np.tile(self.corner, 2)) * np.tile(self.scale, 2)


def view(rgb: Rgb, box: Floats, scale: float) -> View | None:
    """What of ``box`` (left, top, right, bottom in pixels) the photo has, times ``scale``; None where hardly any."""
    left, top = np.clip(np.floor(box[:2]), 0, None).astype(int)
    right, bottom = np.minimum(np.ceil(box[2:]), rgb.shape[1::-1]).astype(int)
    if right - left < 4 or bottom - top < 4:
        return None
    part = rgb[top:bottom, left:right]
    wide, tall = (max(1, round(side * scale)) for side in part.shape[1::-1])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(part, (wide, tall), interpolation=how), np.uint8)
    exact = np.array([wide / part.shape[1], tall / part.shape[0]])
    return View(small, edges(small), exact, np.array([left, top], np.float64))


@dataclass(frozen=True, eq=False)
class Fit:
    """Where an outline was found on a photo.

    Attributes:
        corner: x and y of its left upper corner there, pixels of the photo.
        scale: pixels of the outline per pixel of the photo, across and down.
        agreement: -1..1.
    """

    corner: Floats
    scale: Floats
    agreement: float

    def box(self, size: tuple[int, int]) -> Floats:
        """Left, top, right, bottom on the photo of what has ``size`` (width, height) with the outline."""
        return np.concatenate([self.corner, self.corner + np.array(size) / self.scale])


def fit(rgb: Rgb, about: Floats, wanted: Edges, scales: Sequence[float], play: float) -> Fit | None:
    """The best place and scale of the outline ``wanted`` near a place; None where the photo ends.

    Args:
        about: left, top, right, bottom in pixels where the outline ought to be; it may lie beyond the photo in part.
        scales: those tried, each times what brings ``about`` to the outline's size.
        play: how far beside it may be, in pixels of the outline.
    """
    high, wide = wanted.shape[:2]
    usual = max(wide / (about[2] - about[0]), high / (about[3] - about[1]))
    found: list[Fit] = []
    for scale in (usual * by for by in scales):
        middle, size = (about[:2] + about[2:]) / 2, (np.array([wide, high]) / 2 + play) / scale
        box = np.concatenate([middle - size, middle + size])
        seen = view(rgb, box, scale)
        if seen is None:
            continue
        # what lies beyond the photo has no edges
        low = np.clip(np.rint((seen.corner - box[:2]) * seen.scale), 0, None).astype(int)
        tall, across = high + 2 * int(play) + 1, wide + 2 * int(play) + 1
        room = np.zeros(
            (max(tall, low[1] + seen.edges.shape[0]), max(across, low[0] + seen.edges.shape[1]), 2),
            np.float32,
        )
        room[low[1] : low[1] + seen.edges.shape[0], low[0] : low[0] + seen.edges.shape[1]] = seen.edges
        _, value, _, place = cv2.minMaxLoc(agreement(room, wanted))
        found.append(Fit(seen.corner + (np.array(place) - low) / seen.scale, seen.scale, float(value)))
    return max(found, key=lambda one: one.agreement, default=None)


@dataclass(frozen=True, eq=False)
class Stack:
    """The examples, one above the other.

    Attributes:
        examples: the photos.
        rgb: [n, h, w, 3] uint8.
        there: [n, h, w] bool, within the photo.
        edges: [h, w, 2], their mean.
        text: left, top, right, bottom of the text, pixels.
        places: [n, 4] of each photo, x and y of the left upper corner of all this, in the photo's pixels, and
            pixels of the photo per pixel, across and down.
    """

    examples: Sequence[Example]
    rgb: NDArray[np.uint8]
    there: NDArray[np.bool_]
    edges: Edges
    text: Floats
    places: Floats

    @property
    def height(self) -> float:
        """Of the text, pixels."""
        return _height(self.text)

    def outline(self, share: float = 1.0) -> NDArray[np.bool_]:
        """[h, w], the edges that are the same on all; ``share`` of the agreement that takes is enough."""
        return strength(self.edges) > share * max(SAME, CHANCE / float(np.sqrt(len(self.rgb))))


def brought_together(examples: Sequence[Example]) -> Stack | None:
    """The examples above each other, without those that show something else; None where too few are alike."""
    length = float(np.clip(np.median([one.length for one in examples]), SHORTEST, LONGEST))
    tried = [
        _to_one(examples, examples[int(number)], length)
        for number in np.linspace(0, len(examples) - 1, min(TRIED, len(examples)))
    ]
    fits, wanted, text = max(tried, key=lambda one: float(np.median([_agreed(fit) for fit in one[0]])))
    around = int(MARGIN * _height(text))
    size = (wanted.shape[1] + 2 * around, wanted.shape[0] + 2 * around)
    stack = _stacked(examples, fits, text + around, size, (around, around))
    for reach in WIDER:
        place = _around(stack.text, reach)
        wanted = (stack.edges * stack.outline()[..., None])[place]
        corner, extent = (place[1].start, place[0].start), (wanted.shape[1], wanted.shape[0])
        fits = [
            fit(one.rgb, _box(at, corner, extent), wanted, FINER, AGAIN)
            for one, at in zip(stack.examples, stack.places, strict=True)
        ]
        kept = [number for number, one in enumerate(fits) if _agreed(one) >= FITS]
        if len(kept) < max(LEAST, MOST * len(examples)):
            return None
        stack = _stacked([stack.examples[i] for i in kept], [fits[i] for i in kept], stack.text, size, corner)
    return stack


def _agreed(found: Fit | None) -> float:
    return found.agreement if found else 0.0


def _box(place: Floats, corner: tuple[int, int], size: tuple[int, int]) -> Floats:
    """Where on a photo that lies at ``place`` a part of the stack is: its corner and size there."""
    low = place[:2] + np.array(corner) * place[2:]
    return np.concatenate([low, low + np.array(size) * place[2:]])


def _to_one(
    examples: Sequence[Example], one: Example, length: float
) -> tuple[list[Fit | None], Edges, Floats]:
    """All examples as they fit to the text of one, its edges, and where the text is among those."""
    scale = length / one.length
    by = RIM * _height(one.box)
    seen = view(one.rgb, one.box + np.array([-by, -by, by, by]), scale)
    if seen is None:
        return [None] * len(examples), np.zeros((1, 1, 2), np.float32), np.ones(4)
    text = seen.onto(one.box)
    size = np.array(seen.rgb.shape[1::-1])
    fits = []
    for other in examples:
        # the same around its own text, whatever the shape of the box
        factor = other.length / length
        middle = (other.box[:2] + other.box[2:]) / 2 - ((text[:2] + text[2:]) / 2 - size / 2) * factor
        about = np.concatenate([middle - size / 2 * factor, middle + size / 2 * factor])
        fits.append(fit(other.rgb, about, seen.edges, SCALES, PLAY * _height(text)))
    return fits, seen.edges, text


def _stacked(
    examples: Sequence[Example],
    fits: Sequence[Fit | None],
    text: Floats,
    size: tuple[int, int],
    corner: tuple[int, int],
) -> Stack:
    """What was found on a canvas of ``size`` (width, height), the outline's left upper ``corner`` (x, y) there."""
    shape = size[::-1]
    found = [(one, at) for one, at in zip(examples, fits, strict=True) if at is not None]
    rgb = np.zeros((len(found), *shape, 3), np.uint8)
    there = np.zeros((len(found), *shape), np.bool_)
    total, places = np.zeros((*shape, 2), np.float32), []
    for number, (one, at) in enumerate(found):
        place = np.concatenate([at.corner - np.array(corner) / at.scale, 1 / at.scale])
        places.append(place)
        seen = view(one.rgb, _box(place, (0, 0), size), float(at.scale.max()))
        if seen is None:
            continue
        x, y = np.clip(np.rint((seen.corner - place[:2]) * at.scale), 0, None).astype(int)
        rows, columns = (
            slice(y, min(shape[0], y + seen.rgb.shape[0])),
            slice(x, min(shape[1], x + seen.rgb.shape[1])),
        )
        own = np.s_[: rows.stop - y, : columns.stop - x]
        rgb[number, rows, columns] = seen.rgb[own]
        there[number, rows, columns] = True
        total[rows, columns] += seen.edges[own]
    # where few photos reach, what they show is chance
    count = np.maximum(there.sum(axis=0), max(LEAST - 1, len(found) / 2))
    return Stack(
        [one for one, _ in found],
        rgb,
        there,
        (total / count[..., None]).astype(np.float32),
        text,
        np.array(places),
    )


def _height(box: Floats) -> float:
    """The height of a text in ``box``, as far as anything around it is looked at."""
    sides = box[2:] - box[:2]
    return float(min(sides.min(), FARTHEST / MARGIN * sides.max()))


def _around(box: Floats, reach: float) -> tuple[slice, slice]:
    """Rows and columns of a box with ``reach`` of its heights around it, none below zero."""
    by = reach * _height(box)
    left, top = np.clip(np.floor(box[:2] - by), 0, None).astype(int)
    right, bottom = np.ceil(box[2:] + by).astype(int)
    return slice(int(top), int(bottom)), slice(int(left), int(right))
