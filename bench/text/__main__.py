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

from dataclasses import asdict
from pathlib import Path

from bench import entry
from bench.captions.fonts import lacking
from bench.captions.photos import DATA
from bench.text.measure import measure, work
from bench.text.outcome import show, summary
from bench.text.worst import sheet

WORST = 40
JSON_KEYS = {"covered": "found", "noticed": "seen"}
"""Keys of a case's fields in the JSON, where they differ."""


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
