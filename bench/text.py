"""Overlays drawn over real photos, and real ones: found, told from print, taken off; what each costs.

    python -m bench.text [--json FILE] [--sheet PNG] [--data FOLDER] [--every N] [--kinds N] [--half tune]

Only the test half of the photos (by file hash) is reported; the classifier was trained on the other.
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

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, draw
from bench.captions.fonts import lacking
from bench.captions.pairs import alone, pairs
from bench.captions.photos import DATA, photos
from bench.cases import ALONE, Case, Line
from bench.outcome import show, summary
from bench.worst import sheet

WORST = 40


def measure(half: str, every: int, kinds: int, data: Path) -> tuple[list[Case], list[Case]]:
    """Cases of the drawn overlays and of the real ones."""
    line, cases, real, begun = Line(), [], [], time.monotonic()
    names, chosen = list(KINDS), list(photos(half, every=every, data=data))
    for number, photo in enumerate(chosen):
        cases.append(line.run(photo, None))
        for turn in range(kinds):
            kind = names[(number + turn * 5) % len(names)]
            rng = np.random.default_rng([photo.seed, turn])
            cases.append(line.run(photo, draw(photo.rgb, kind, rng)))
        if number % 20 == 19:
            passed = time.monotonic() - begun
            left = passed / (number + 1) * (len(chosen) - number - 1)
            print(
                f"{number + 1} of {len(chosen)} photos, {left / 60:.0f} min left", file=sys.stderr, flush=True
            )
    real += [line.run(photo, drawn) for photo, drawn in pairs(data)]
    real += [line.run(photo, None, kind=ALONE) for photo in alone(data)]
    return cases, real


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path, help=f"PNG of the {WORST} worst cases, before and after")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    parser.add_argument("--kinds", type=int, default=1, help="overlays drawn on each photo")
    parser.add_argument(
        "--half", choices=("test", "tune"), default="test", help="tune: to look at, not to report"
    )
    given = parser.parse_args()
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    cv2.setNumThreads(1)
    cases, real = measure(given.half, given.every, given.kinds, given.data)
    found = summary(cases, real)
    show(found, given.half)
    if given.sheet:
        sheet(sorted([*cases, *real], key=lambda case: -case.badness)[:WORST], given.sheet)
    if given.json:
        rows = [
            {key: value for key, value in asdict(case).items() if key != "thumbnail"}
            for case in [*cases, *real]
        ]
        given.json.write_text(json.dumps({**found, "cases": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
