"""Learns a vendor's overlay from several photos, brought together by its edges, which are the same on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Box
from line.picture import Mask, Rgb
from overlay.templates import placement
from overlay.templates.edges import edges, strength
from overlay.templates.outline import FINE_SCALES, SCALES, Fit, Floats, fit, rendered
from overlay.templates.recurring import MIN_PHOTOS
from overlay.templates.vendor_overlay import MIN_AGREEMENT, RIM, Mark

LENGTH = 160
"""Length to which the overlay's region is brought (pixels)."""
MARGIN = 3.0
"""What is looked at around the region on each side (its heights)."""
MIN_FITTING = 0.6
"""Minimum share of the photos that must show it."""
CHANCE = 1.1
"""Agreement of the photos' edges by chance, times the root of the number of photos."""


@dataclass(frozen=True, eq=False)
class Example:
    """One photo that bears the overlay.

    Attributes:
        rgb: [H, W, 3] uint8.
        box: the overlay's region, shares of the photo.
        mask: [H, W] uint8, 255 where the network sees an overlay.
        opacity: of the region, 0..1.
    """

    rgb: Rgb
    box: Box
    mask: Mask
    opacity: float

    @property
    def pixels(self) -> Floats:
        """The box in pixels."""
        return np.asarray(np.array(self.box) * np.tile(self.rgb.shape[1::-1], 2), np.float64)


def learn(examples: Sequence[Example]) -> Mark | None:
    """The overlay that the photos bear; None where they show no such thing."""
    fits, text, size = _brought_together(examples)
    for reach in (1.0, MARGIN):  # a sign stands beside its letters: the outline grows
        outline, shared = _outline(examples, fits, size)
        low, high = _around(text, reach, size)
        wanted = (outline * shared[..., None])[low[1] : high[1], low[0] : high[0]]
        again = []
        for example, place in zip(examples, fits, strict=True):
            corner = place.corner + low / place.scale
            box = np.concatenate([corner, corner + (high - low) / place.scale])
            one = fit(example.rgb, box, wanted, FINE_SCALES, 3)
            again.append(Fit(one.corner - low / one.scale, one.scale, one.agreement))
        chosen = [number for number, one in enumerate(again) if one.agreement >= MIN_AGREEMENT]
        if len(chosen) < max(MIN_PHOTOS, MIN_FITTING * len(examples)):
            return None
        examples, fits = [examples[number] for number in chosen], [again[number] for number in chosen]
    outline, shared = _outline(examples, fits, size)
    covered = _cover(examples, fits, shared, text)
    if not covered.any():
        return None
    return _mark(examples, fits, outline * shared[..., None], covered, text)


def _brought_together(examples: Sequence[Example]) -> tuple[list[Fit], Floats, tuple[int, int]]:
    """Where each photo shows the text of the one that agrees best with the others, its box there, and the canvas.

    The canvas (width, height) has ``MARGIN`` heights around the text.
    """
    best: tuple[float, list[Fit], Floats, tuple[int, int]] | None = None
    for one in examples[:: -(-len(examples) // 4)]:
        sides = one.pixels[2:] - one.pixels[:2]
        scale = LENGTH / float(sides.max())
        rim, margin = (np.full(2, round(share * scale * float(sides.min()))) for share in (0.4, MARGIN))
        size = np.ceil(sides * scale + 2 * rim).astype(int)
        wanted = edges(rendered(one.rgb, one.pixels[:2] - rim / scale, scale, (int(size[0]), int(size[1]))))
        fits = []
        for other in examples:
            middle = (other.pixels[:2] + other.pixels[2:]) / 2
            half = size / 2 * float((other.pixels[2:] - other.pixels[:2]).max()) / LENGTH
            place = fit(
                other.rgb, np.concatenate([middle - half, middle + half]), wanted, SCALES, float(rim[0])
            )
            fits.append(Fit(place.corner - (margin - rim) / place.scale, place.scale, place.agreement))
        agreed = float(np.median([place.agreement for place in fits]))
        if best is None or agreed > best[0]:
            text = np.concatenate([margin, margin + sides * scale])
            whole = np.ceil(sides * scale + 2 * margin).astype(int)
            best = agreed, fits, text, (int(whole[0]), int(whole[1]))
    if best is None:
        raise ValueError("there is no photo to learn an overlay from")
    return best[1:]


def _outline(
    examples: Sequence[Example], fits: Sequence[Fit], size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Mean of the photos' edges, [h, w, 2], and where they are the same on all."""
    overlaid = [
        edges(rendered(one.rgb, at.corner, at.scale, size)) for one, at in zip(examples, fits, strict=True)
    ]
    outline = np.mean(overlaid, axis=0).astype(np.float32)
    return outline, strength(outline) > CHANCE / float(np.sqrt(len(overlaid)))


def _around(text: Floats, reach: float, size: tuple[int, int]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Corners of the text with ``reach`` of its heights around it, within a canvas of ``size`` (width, height)."""
    room = reach * float(min(text[2:] - text[:2]))
    low = np.clip(np.floor(text[:2] - room), 0, None).astype(int)
    return low, np.minimum(np.ceil(text[2:] + room), size).astype(int)


def _cover(
    examples: Sequence[Example], fits: Sequence[Fit], shared: NDArray[np.bool_], text: Floats
) -> NDArray[np.bool_]:
    """[h, w], what the network sees on most photos and the common outline at it, as far as it belongs to the text."""
    size = (shared.shape[1], shared.shape[0])
    masks = [rendered(one.mask, at.corner, at.scale, size) for one, at in zip(examples, fits, strict=True)]
    overlaid = np.mean(masks, axis=0) > 127
    closed = cv2.morphologyEx(shared.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    low, high = np.clip(np.rint([text[:2], text[2:]]).astype(int), 0, size)
    inside = np.s_[low[1] : high[1], low[0] : high[0]]
    surroundings = cv2.dilate(overlaid.astype(np.uint8), np.ones((2 * RIM + 1,) * 2, np.uint8)) > 0
    surroundings[inside] = True
    covered = overlaid | (closed & surroundings)
    reach = 2 * int(min(text[2:] - text[:2])) + 1
    _, labels = cv2.connectedComponents(
        cv2.dilate(covered.astype(np.uint8), np.ones((reach, reach), np.uint8))
    )
    attached = np.isin(labels, np.unique(labels[inside][covered[inside]]))
    return np.asarray(covered & attached, np.bool_)


def _mark(
    examples: Sequence[Example],
    fits: Sequence[Fit],
    outline: NDArray[np.float32],
    covered: NDArray[np.bool_],
    text: Floats,
) -> Mark:
    """What is covered, with some room, as a mark."""
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    low = np.maximum([columns[0] - RIM, rows[0] - RIM], 0)
    part = np.s_[low[1] : rows[-1] + RIM + 1, low[0] : columns[-1] + RIM + 1]
    surroundings = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8))[part] > 0
    size = (surroundings.shape[1], surroundings.shape[0])
    places = [Fit(place.corner + low / place.scale, place.scale, place.agreement) for place in fits]
    boxes = np.array([place.box(size) for place in places])
    photos = [(one.rgb.shape[1], one.rgb.shape[0]) for one in examples]
    shown = [rendered(one.rgb, at.corner, at.scale, size) for one, at in zip(examples, places, strict=True)]
    extent = np.clip(np.median(boxes / np.array(photos)[:, [0, 1, 0, 1]], axis=0), 0, 1)
    left, top, right, bottom = (float(share) for share in extent)
    return Mark(
        outline[part] * surroundings[..., None],
        np.median(shown, axis=0).astype(np.uint8),
        covered[part],
        text - np.tile(low, 2),
        1 - float(np.median([one.opacity for one in examples])),
        placement.learn(boxes, photos),
        (left, top, right, bottom),
    )
