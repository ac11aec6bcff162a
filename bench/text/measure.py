"""Runs photos with and without overlays through finding and erasing, in several processes.

Not in ``__main__``: processes that are spawned do not import that module of a package.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.pairs import alone, pairs
from bench.captions.photos import Photo, photos
from bench.text.cases import ALONE, Case, Line
from training.parallel import parallel_map

NONE = "none"
"""Kind of a photo as it is."""
REAL = "real"
"""Kind of a real overlay whose clean photo is known; the case has the set's own name."""
RIGHTS = "recorded for the measurement"


Work = tuple[Photo, str, int, Drawn | None]
"""A photo, the kind of its overlay, which of that photo's it is, and the overlay itself where it is a real one."""


def work(half: str, every: int, kinds: int, data: Path, real: int | None) -> Iterator[Work]:
    """Every photo as it is and with ``kinds`` overlays, then ``real`` real overlays of each sort, or all."""
    names = list(KINDS)
    for number, photo in enumerate(photos(half, every=every, data=data)):
        yield photo, NONE, 0, None
        for turn in range(kinds):
            yield photo, names[(number + turn * 5) % len(names)], turn, None
    for photo, drawn in islice(pairs(data), real):
        yield photo, REAL, 0, drawn
    for photo in islice(alone(data), real):
        yield photo, ALONE, 0, None


_LINES: list[Line] = []


def run(one: Work, rights: bool) -> tuple[bool, Case]:
    """Whether the overlay is a real one, and what came of it; each process has one line."""
    if not _LINES:
        cv2.setNumThreads(1)
        _LINES.append(Line(RIGHTS if rights else None))
    photo, kind, turn, drawn = one
    if kind in KINDS:  # drawn here, so that no more than a few wait in memory
        drawn = draw(photo.rgb, kind, np.random.default_rng([photo.seed, turn]))
    return kind in (REAL, ALONE), _LINES[0].run(photo, drawn, kind)


def measure(todo: Iterable[Work], processes: int, rights: bool) -> tuple[list[Case], list[Case]]:
    """Cases of the drawn overlays and of the real ones, in order whatever the number of processes."""
    cases: list[Case] = []
    real: list[Case] = []
    for is_real, case in parallel_map(partial(run, rights=rights), list(todo), processes):
        (real if is_real else cases).append(case)
    return cases, real
