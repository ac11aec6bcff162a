"""Where a vendor's software lays its overlay: how large by which side of the photo, and how far from which edge."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNITS = ("long", "short", "width", "height")
"""Sides of a photo by which sizes and distances may go."""
EDGES = ("low", "high", "middle", "share")
"""From the left or upper edge, from the other, from the middle, or as a share of the side itself."""
AS_GOOD = 0.1
"""Mean distance beyond that of the best habit up to which another explains the photos as well (overlay widths)."""
PLAY = 0.2
"""Distance from its usual place at which an overlay may lie (shares of its shorter side)."""


@dataclass(frozen=True)
class Habit:
    """One way that explains where the overlay was on the photos it was learnt from.

    Attributes:
        unit: one of ``UNITS``.
        size: width of the overlay, in units.
        x, y: one of ``EDGES``, and how far from there, in units (of ``share``: in the photo's own side).
    """

    unit: str
    size: float
    x: tuple[str, float]
    y: tuple[str, float]

    def box(self, photo: tuple[int, int], shape: float) -> Floats:
        """Left, top, right, bottom in pixels on a ``photo`` of (width, height).

        ``shape`` is the overlay's height over its width.
        """
        unit = _units(photo)[self.unit]
        sides = np.array([self.size * unit, self.size * unit * shape])
        low = [
            _start(edge, distance, whole, side, unit)
            for (edge, distance), whole, side in zip((self.x, self.y), photo, sides, strict=True)
        ]
        return np.concatenate([low, low + sides])

    def as_fact(self) -> list[Any]:
        """JSON for the records."""
        ways = [[edge, round(distance, 5)] for edge, distance in (self.x, self.y)]
        return [self.unit, round(self.size, 5), *ways]

    @classmethod
    def of_fact(cls, fact: Sequence[Any]) -> "Habit":
        """From :meth:`as_fact`."""
        unit, size, (x, distance_x), (y, distance_y) = fact
        return cls(str(unit), float(size), (str(x), float(distance_x)), (str(y), float(distance_y)))


def learn(boxes: Floats, photos: Sequence[tuple[int, int]]) -> list[Habit]:
    """The habits that explain ``boxes`` [n, 4] on ``photos`` (width, height), the closest first.

    Photos of one format tell no unit from another: then there are many.
    """
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    shape = float(np.median(heights / widths))
    ranked: list[tuple[float, Habit]] = []
    for unit, *edges in product(UNITS, EDGES, EDGES):
        lengths = np.array([_units(photo)[unit] for photo in photos], np.float64)
        x, y = (
            (edge, _distance(edge, boxes[:, axis::2], np.array(photos, np.float64)[:, axis], lengths))
            for axis, edge in enumerate(edges)
        )
        habit = Habit(unit, float(np.median(widths / lengths)), x, y)
        expected = np.array([habit.box(photo, shape) for photo in photos])
        ranked.append((float(np.mean(np.abs(expected - boxes).max(axis=1) / widths)), habit))
    best = min(error for error, _ in ranked)
    return [habit for error, habit in sorted(ranked, key=lambda one: one[0]) if error <= best + AS_GOOD]


def places(habits: Sequence[Habit], photo: tuple[int, int], shape: float, most: int) -> list[Floats]:
    """The boxes on ``photo`` that follow from ``habits``, at most ``most``, without nearly equal ones."""
    boxes: list[Floats] = []
    for habit in habits:
        box = habit.box(photo, shape)
        tolerance = PLAY * float(min(box[2:] - box[:2]))
        if len(boxes) < most and not any((np.abs(box - other) < tolerance).all() for other in boxes):
            boxes.append(box)
    return boxes


def _units(photo: tuple[int, int]) -> dict[str, float]:
    """The sides of a photo (width, height) by name."""
    return dict(zip(UNITS, (max(photo), min(photo), *photo), strict=True))


def _distance(edge: str, ends: Floats, whole: Floats, unit: Floats) -> float:
    """Median distance of ``ends`` [n, 2] from an edge of sides ``whole`` [n] (pixels), in units."""
    middle = ends.mean(axis=1)
    distances = {
        "low": ends[:, 0] / unit,
        "high": (whole - ends[:, 1]) / unit,
        "middle": (middle - whole / 2) / unit,
        "share": middle / whole,
    }
    return float(np.median(distances[edge]))


def _start(edge: str, distance: float, whole: float, side: float, unit: float) -> float:
    """Where an overlay begins along one side of the photo (pixels)."""
    if edge == "low":
        return distance * unit
    if edge == "high":
        return whole - distance * unit - side
    middle = distance * whole if edge == "share" else whole / 2 + distance * unit
    return middle - side / 2
