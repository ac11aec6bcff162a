"""What a vendor's templates spare people: one overlay on all photos of a vendor, through the real line.

    python -m bench.vendors
    python -m bench.vendors --kinds logo banner --photos 10 --vendors 1

Every vendor lays one overlay over all its photos, at one place; one vendor lays none. Its first upload goes through a
line of its own (Postgres, Redis, a scheduler, workers). Of the templates that the line then proposes those at the
overlay's place are confirmed and the others dismissed, as a person would who is shown them; what was flagged is
re-queued, and so is what was delivered and still bears a confirmed template (``sluice requeue --flagged``,
``--template``); then comes an upload of other photos. Only the test half of the photos is used, and every vendor has
its right to have watermarks removed on record.

asked       images that a person is shown, of the upload
left        delivered with more than a fifth of the overlay's pixels as they were
beside      delivered with more than 0.2 % of the photo changed where no overlay is near
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import cycle
from pathlib import Path

from bench import entry
from bench.captions.draw import KINDS
from bench.captions.fonts import lacking
from bench.captions.photos import DATA, Photo, photos
from bench.vendors.session import Session
from bench.vendors.uploads import NONE, Upload, Vendor, draw

RIGHTS = "recorded for the measurement"
RECIPE = """
name = "vendors"
[[steps]]
transform = "admit"
[[steps]]
transform = "find_text"
[[steps]]
transform = "erase_text"
[[steps]]
transform = "deliver"
format = "png"
[breaker]
threshold = 1.0
"""


def measure(folder: Path, vendors: list[Vendor], taken: Iterator[Photo], count: int) -> None:
    """Every vendor's two uploads through a line of their own."""
    home = folder / "home"
    home.mkdir(parents=True)
    config = home / "sluice.toml"
    config.write_text("".join(f'[vendors.{one.name}]\nwatermark_rights = "{RIGHTS}"\n' for one in vendors))
    os.environ |= {"SLUICE_HOME": str(home), "SLUICE_LOG_LEVEL": "WARNING", "SLUICE_CONFIG": str(config)}
    for name in ("SLUICE_DATABASE_URL", "SLUICE_BROKER_URL", "SLUICE_BUCKET_URL"):
        os.environ.pop(name, None)
    from bench.process import context
    from stack.local import Stack
    from tasks.context import Context

    for number, vendor in enumerate(vendors):
        for upload in ("first", "second"):
            draw(folder / vendor.name / upload, vendor, number, taken, count)
    (folder / "vendors.toml").write_text(RECIPE)
    with Stack(context().settings) as stack:
        Session(folder, stack, Context(stack.settings)).run(vendors)


def total(uploads: list[Upload]) -> Upload:
    """All of them as one."""
    images = sum(one.images for one in uploads)
    asked, left, beside = (
        sum(getattr(one, name) * one.images for one in uploads) / max(1, images)
        for name in ("asked", "left", "beside")
    )
    reasons = sum((Counter(one.reasons) for one in uploads), Counter[str]())
    return Upload(images, asked, left, beside, dict(reasons))


def show(vendors: list[Vendor]) -> None:
    print(f"{'':12}{'templates':>12}   {'first upload':^24}   {'once answered':^24}   {'next upload':^24}")
    head = f"{'asked':>8}{'left':>8}{'beside':>8}"
    print(f"{'':12}{'yes':>6}{'no':>6}   {head}   {head}   {head}")
    by_kind = {kind: [one for one in vendors if one.kind == kind] for kind in (*KINDS, NONE)}
    rows = [(kind, of_kind) for kind, of_kind in by_kind.items() if of_kind]
    rows.append(("all with one", [one for one in vendors if one.kind != NONE]))
    for kind, of_kind in rows:
        cells = "   ".join(
            f"{one.asked:8.0%}{one.left:8.0%}{one.beside:8.0%}"
            for one in (
                total([getattr(v, part) for v in of_kind]) for part in ("first", "answered", "second")
            )
        )
        yes, no = sum(one.confirmed for one in of_kind), sum(one.dismissed for one in of_kind)
        print(f"{kind:12}{yes:6}{no:6}   {cells}")
    with_one = [one for one in vendors if one.kind != NONE]
    print(f"asked for, once answered: {total([one.answered for one in with_one]).reasons}; "
          f"of the next upload: {total([one.second for one in with_one]).reasons}")  # fmt: skip


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--photos", type=int, default=10, help="of each upload; five have to bear one text")
    parser.add_argument("--vendors", type=int, default=1, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=[*KINDS, NONE], default=[*KINDS, NONE])
    parser.add_argument("--half", choices=("test", "tune"), default="test", help="tune: to look at")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path, help="folder to leave uploads and delivered pictures in")
    options = entry.parse(parser, quick={"photos": 2, "kinds": ["logo"]})
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    vendors = [Vendor(f"{kind}-{turn}", kind) for turn in range(options.vendors) for kind in options.kinds]
    taken = cycle(photos(options.half, data=options.data))
    with tempfile.TemporaryDirectory(prefix="sluice-vendors-") as folder:
        measure(options.keep or Path(folder), vendors, taken, options.photos)
    show(vendors)
    entry.write(options.json, [asdict(one) for one in vendors])


if __name__ == "__main__":
    main()
