"""Where a vendor's software lays its overlay: how large by which side of the photo, and how far from which edge."""

from collections.abc import Iterator, Sequence
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
AS_GOOD = 0.02
"""Relative spread of the size beyond that of the best unit up to which another explains the photos as well."""
AS_CLOSE = 0.1
"""The same of the place, in sides of the overlay."""
NEAR, ALIKE = 0.15, 0.08
"""Sides by which two places differ at most, and share by which two sizes do, so that one look serves both."""


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
        unit = units(photo)[self.unit]
        sides = np.array([self.size * unit, self.size * unit * shape])
        low = [
            _from(edge, far, whole, side, unit)
            for (edge, far), whole, side in zip((self.x, self.y), photo, sides, strict=True)
        ]
        return np.concatenate([low, low + sides])

    def as_fact(self) -> list[Any]:
        return [
            self.unit,
            round(self.size, 5),
            [self.x[0], round(self.x[1], 5)],
            [self.y[0], round(self.y[1], 5)],
        ]

    @classmethod
    def of_fact(cls, fact: Sequence[Any]) -> "Habit":
        unit, size, (x, far_x), (y, far_y) = fact
        return cls(str(unit), float(size), (str(x), float(far_x)), (str(y), float(far_y)))


def units(photo: tuple[int, int]) -> dict[str, float]:
    """The sides of a photo (width, height) by name."""
    wide, high = photo
    return {"long": max(photo), "short": min(photo), "width": wide, "height": high}


def learn(boxes: Floats, photos: Sequence[tuple[int, int]]) -> list[Habit]:
    """The habits that explain ``boxes`` [n, 4] on ``photos`` (width, height), the closest first.

    Photos of one format tell no unit from another: then there are many.
    """
    sides = [units(photo) for photo in photos]
    wide = boxes[:, 2] - boxes[:, 0]
    sizes = {name: wide / [one[name] for one in sides] for name in UNITS}
    spreads = {name: float(size.std() / size.mean()) for name, size in sizes.items()}
    found: list[tuple[float, Habit]] = []
    for name in UNITS:
        if spreads[name] > min(spreads.values()) + AS_GOOD:
            continue
        unit = np.array([one[name] for one in sides], np.float64)
        ways = [
            list(_ways(boxes[:, axis::2], np.array([photo[axis] for photo in photos], np.float64), unit))
            for axis in (0, 1)
        ]
        for (off_x, x), (off_y, y) in product(*ways):
            found.append((spreads[name] + off_x + off_y, Habit(name, float(np.median(sizes[name])), x, y)))
    return [habit for _, habit in sorted(found, key=lambda one: one[0])]


def places(habits: Sequence[Habit], photo: tuple[int, int], shape: float, most: int) -> list[Floats]:
    """The boxes on ``photo`` that follow from ``habits``, at most so many, without those that are nearly the same."""
    found: list[Floats] = []
    for habit in habits:
        box = habit.box(photo, shape)
        if len(found) < most and not any(_is_same(box, other) for other in found):
            found.append(box)
    return found


def _ways(ends: Floats, whole: Floats, unit: Floats) -> Iterator[tuple[float, tuple[str, float]]]:
    """How far off, in sides of the overlay, and from which edge: along one axis, ``ends`` [n, 2] in pixels."""
    side = float(np.median(ends[:, 1] - ends[:, 0]))
    middle = ends.mean(axis=1)
    far = {"low": ends[:, 0], "high": whole - ends[:, 1], "middle": middle - whole / 2, "share": middle}
    tried = []
    for edge in EDGES:
        by = whole if edge == "share" else unit
        value = float(np.median(far[edge] / by))
        tried.append((float(np.abs(far[edge] - value * by).mean()) / side, (edge, value)))
    best = min(off for off, _ in tried)
    yield from ((off, way) for off, way in tried if off <= best + AS_CLOSE)


def _from(edge: str, far: float, whole: float, side: float, unit: float) -> float:
    if edge == "low":
        return far * unit
    if edge == "high":
        return whole - far * unit - side
    middle = far * whole if edge == "share" else whole / 2 + far * unit
    return middle - side / 2


def _is_same(one: Floats, other: Floats) -> bool:
    size, also = one[2:] - one[:2], other[2:] - other[:2]
    apart = np.abs(one[:2] + one[2:] - other[:2] - other[2:]) / 2
    return bool((apart < NEAR * size).all() and (np.abs(size / also - 1) < ALIKE).all())
