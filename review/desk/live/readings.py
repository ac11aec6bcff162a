"""Histograms of the readings of the newest steps. Pure but for the query that it is fed by."""

import math
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from records.live import recent_readings
from records.live.recent_readings import StepReadings

MAX_STEPS: Final = 2000
"""Maximum number of steps, the newest, that the histograms are made of."""
BARS: Final = 16
"""About so many bars of a histogram."""
TAIL: Final = 0.01
"""Share of the values at either end that may be put into one bar with an open end."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Images whose value is at least ``at_least`` and below ``below``; None where the end is open."""

    at_least: float | None
    below: float | None
    images: int
    is_beyond: bool = False
    """Whether all of it lies beyond the limit."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """The newest values of one reading, one for each image.

    Attributes:
        gate: that last broke its limit; empty where none did.
        limit: the limit that was broken, ``{"at_most": x}`` or ``{"at_least": x}``; empty where none was.
        broken: how often.
    """

    reading: str
    bars: Sequence[Bar]
    gate: str
    limit: Mapping[str, float]
    broken: int

    @property
    def images(self) -> int:
        return sum(bar.images for bar in self.bars)


class ReadingWindow:
    """The newest steps, of which each refresh reads only those that are new."""

    def __init__(self) -> None:
        self._steps: deque[StepReadings] = deque(maxlen=MAX_STEPS)

    def refresh(self, connection: sa.Connection) -> bool:
        """Whether there are new steps."""
        after = self._steps[-1].id if self._steps else 0
        new = recent_readings.newer(connection, after, MAX_STEPS)
        self._steps.extend(new)
        return bool(new)

    def histograms(self) -> list[Histogram]:
        """One of each reading: those whose limits were broken most often first, then by name."""
        return histograms(self._steps)


def histograms(steps: Iterable[StepReadings]) -> list[Histogram]:
    """See :meth:`ReadingWindow.histograms`; ``steps`` are in the order in which they ran."""
    newest: dict[str, dict[int, float]] = {}
    broken: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        for name, value in step.readings.items():
            if isinstance(value, int | float) and math.isfinite(value):
                newest.setdefault(name, {})[step.image_id] = value
        for limit in step.broken:
            broken.setdefault(str(limit.get("code", "")).rpartition(".")[2], []).append(limit)
    unsorted = [
        _histogram(name, list(values.values()), broken.get(name, [])) for name, values in newest.items()
    ]
    return sorted(unsorted, key=lambda each: (-each.broken, each.reading))


def _histogram(name: str, values: list[float], broken: Sequence[Mapping[str, Any]]) -> Histogram:
    last = broken[-1] if broken else {}
    limit = {end: float(bound) for end, bound in (last.get("limit") or {}).items() if bound is not None}
    edges = _edges(sorted(values))
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[_index(edges, value)] += 1
    bounds: list[float | None] = [None, *edges, None]
    bars = [
        Bar(low, high, count, _is_beyond(low, high, limit))
        for low, high, count in zip(bounds, bounds[1:], counts, strict=False)
    ]
    while bars and not bars[0].images:
        bars.pop(0)
    while bars and not bars[-1].images:
        bars.pop()
    return Histogram(name, bars, str(last.get("code", "")).rpartition(".")[0], limit, len(broken))


def _edges(ordered: Sequence[float]) -> list[float]:
    """Round edges of the bars between; outliers lie beyond the first and the last."""
    low, high = ordered[int(TAIL * (len(ordered) - 1))], ordered[math.ceil((1 - TAIL) * (len(ordered) - 1))]
    span = (high - low) / BARS
    if span < sys.float_info.min:  # all are equal, or too near for a width of their own
        width = abs(low) / 10 or 1.0
        return [_rounded(low), _rounded(low + width)]
    width = _nice(span)
    first, last = math.floor(low / width), math.floor(high / width) + 1
    return [_rounded(number * width) for number in range(first, last + 1)]


def _index(edges: Sequence[float], value: float) -> int:
    return sum(edge <= value for edge in edges)


def _nice(width: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below ``width``."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(
        (step * power for step in (1, 2, 2.5, 5, 10) if step * power >= width * (1 - 1e-9)), 10 * power
    )


def _rounded(edge: float) -> float:
    return float(f"{edge:.12g}")


def _is_beyond(low: float | None, high: float | None, limit: Mapping[str, float]) -> bool:
    at_most, at_least = limit.get("at_most"), limit.get("at_least")
    return (at_most is not None and low is not None and low >= at_most) or (
        at_least is not None and high is not None and high <= at_least
    )
