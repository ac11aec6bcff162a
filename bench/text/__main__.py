"""Overlays drawn over real photos, and real ones: found, told from print, taken off; what each costs.

    python -m bench.text
    python -m bench.text --rights      # as if every vendor had attested its rights

Only the report part of the photos (``training/split.py``) is reported: the network was trained on the others.
Every photo goes through ``find_text`` and ``erase_text`` once as it is and ``--kinds`` times with
an overlay of another kind; then come the real overlays of ``overlay/``. What counts:

found       overlay pixels that would be erased, of all overlay pixels
print lost  a photo without overlay in which anything was masked and erased
person      the photo is flagged; by policy: a watermark without a right to remove it on record
left        delivered with more than a fifth of the overlay's pixels not covered
text after  erased and delivered, and the detector still finds text there (and not on the clean photo)
legible     erased and delivered, and the recogniser reads there what it read before
PSNR        inside the feathered mask against the clean photo, and Telea's on the same mask
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from bench import entry
from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.fonts import lacking
from bench.captions.pairs import alone, pairs
from bench.captions.photos import DATA, Photo, photos
from bench.text.cases import ALONE, Case, Line
from bench.text.outcome import show, summary
from bench.text.worst import sheet
from training.parallel import parallel_map

WORST = 40
NONE = "none"
"""Kind of a photo as it is."""
REAL = "real"
"""Kind of a real overlay whose clean photo is known; the case has the set's own name."""
RIGHTS = "recorded for the measurement"
JSON_KEYS = {"covered": "found", "noticed": "seen"}
"""Keys of a case's fields in the JSON, where they differ."""


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


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--sheet", type=Path, help=f"PNG of the {WORST} worst cases, before and after")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    parser.add_argument("--kinds", type=int, default=1, help="overlays drawn on each photo")
    parser.add_argument(
        "--half", choices=("test", "tune"), default="test", help="tune: to look at, not to report"
    )
    parser.add_argument("--real", type=int, help="real overlays of each sort; all if not given")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--rights",
        action="store_true",
        help="as if every vendor's right to have watermarks removed were on record",
    )
    given = entry.parse(parser, quick={"every": 90, "real": 1})
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    todo = work(given.half, given.every, given.kinds, given.data, given.real)
    cases, real = measure(todo, given.processes, given.rights)
    figures = summary(cases, real)
    show(figures, given.half)
    if given.sheet:
        sheet(sorted([*cases, *real], key=lambda case: -case.badness)[:WORST], given.sheet)
    rows = [
        {JSON_KEYS.get(key, key): value for key, value in asdict(case).items() if key != "thumbnail"}
        for case in [*cases, *real]
    ]
    entry.write(given.json, {**figures, "cases": rows})


if __name__ == "__main__":
    main()
