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

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench import entry
from bench.captions.draw import KINDS
from bench.captions.fonts import lacking
from bench.captions.photos import DATA, Photo, photos
from bench.captions.vendor import stamped

NONE = "none"
"""Kind of the vendor that lays nothing over its photos."""
AS_IT_WAS = 4
"""Levels in any channel up to which a pixel is as it was before the line."""
LEFT = 0.2
"""Share of an overlay's pixels from which it counts as left."""
NEAR = 0.02
"""Distance from an overlay, of the long side, up to which a change belongs to it: shadows, feathers."""
BESIDE = 0.002
"""Share of the photo, changed farther away, from which something else was erased."""
AT_PLACE = 0.03
"""Share of a template's box that is the overlay's, mean of the photos, from which a person would confirm it."""
PATIENCE = 3600.0
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


@dataclass
class Upload:
    """What came of one upload of one vendor: shares of its images."""

    images: int = 0
    asked: float = 0.0
    left: float = 0.0
    beside: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass
class Vendor:
    """One vendor.

    Attributes:
        confirmed, dismissed: templates that the line proposed, by what they are.
        first: its first upload, before anybody answered.
        answered: the same once its templates were decided about, and what was flagged or still bears one went round
            again.
        second: its next upload.
    """

    name: str
    kind: str
    confirmed: int = 0
    dismissed: int = 0
    first: Upload = field(default_factory=Upload)
    answered: Upload = field(default_factory=Upload)
    second: Upload = field(default_factory=Upload)


def draw(folder: Path, vendor: Vendor, number: int, taken: Iterator[Photo], count: int) -> None:
    """``count`` photos in ``folder``, and beside it in ``folder``.truth the overlays' pixels."""
    truth = folder.with_suffix(".truth")
    for one in (folder, truth):
        one.mkdir(parents=True)
    made = 0
    for photo in taken:
        drawn = None if vendor.kind == NONE else stamped(photo, vendor.kind, number)
        if drawn is None and vendor.kind != NONE:
            continue
        rgb = photo.rgb if drawn is None else drawn.rgb
        mask = np.zeros(rgb.shape[:2], bool) if drawn is None else drawn.mask
        cv2.imwrite(str(folder / f"{made:03}.png"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(truth / f"{made:03}.png"), mask.astype(np.uint8) * 255)
        made += 1
        if made == count:
            return


def read(path: Path, how: int = cv2.IMREAD_COLOR) -> np.ndarray:
    picture = cv2.imread(str(path), how)
    if picture is None:
        raise SystemExit(f"{path} is no picture")
    return picture


def judged(folder: Path, manifest: Path) -> Upload:
    """What came of the upload in ``folder``, by its manifest and the files beside that."""
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    upload = Upload(images=len(rows))
    left = beside = 0
    for row in rows:
        if row["state"] != "delivered":
            upload.reasons[row["reason"]] = upload.reasons.get(row["reason"], 0) + 1
            continue
        before, after = read(folder / row["name"]), read(manifest.parent / row["file"])
        mask = read(folder.with_suffix(".truth") / row["name"], cv2.IMREAD_GRAYSCALE) > 0
        changed = np.abs(before.astype(np.int16) - after).max(axis=2) > AS_IT_WAS
        reach = max(3, round(NEAR * max(mask.shape)))
        near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        left += bool(mask.any()) and float(np.mean(~changed[mask])) > LEFT
        beside += float(np.mean(changed & ~near)) > BESIDE
    asked = sum(upload.reasons.values())
    upload.asked, upload.left, upload.beside = (count / len(rows) for count in (asked, left, beside))
    return upload


def is_overlay(box: list[float], truth: Path) -> bool:
    """Whether what a template shows is the overlay, by what of its box is that on the vendor's photos."""
    shares = []
    for path in sorted(truth.iterdir()):
        mask = read(path, cv2.IMREAD_GRAYSCALE)
        left, top, right, bottom = (
            round(share * side) for share, side in zip(box, mask.shape[1::-1] * 2, strict=True)
        )
        shares.append(
            float(np.mean(mask[top:bottom, left:right] > 0)) if right > left and bottom > top else 0.0
        )
    return float(np.mean(shares)) >= AT_PLACE


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


class Session:
    """A person at a line that is up."""

    def __init__(self, folder: Path, stack: Any, line: Any) -> None:
        self.folder, self.stack, self.line = folder, stack, line

    def run(self, vendors: list[Vendor]) -> None:
        from line.states import TemplateState
        from records import templates
        from scheduler.decide import Decisions
        from tasks.templates import rescan

        transact, decisions = self.line.database.transact, Decisions(self.line)
        batches = self.upload(vendors, "first")
        self.until(lambda: not transact(templates.due), "all batches are looked through for templates")
        again: set[int] = set()
        for vendor in vendors:
            vendor.first = self.judged(vendor, "first")
            for one in transact(lambda connection, name=vendor.name: templates.listed(connection, name)):
                right = is_overlay(one["box"], self.folder / vendor.name / "first.truth")
                state = TemplateState.CONFIRMED if right else TemplateState.DISMISSED
                transact(lambda c, id=one["template"], to=state: templates.decide(c, id, to, "bench"))
                vendor.confirmed += right
                vendor.dismissed += not right
                if right:
                    _, looks = rescan.looked_at(self.line, one["template"])
                    again |= {look.image for look in looks if look.bears}
        for image in again.union(*(decisions.flagged(batch) for batch in batches.values())):
            decisions.requeue(image, "bench")
        self.wait(list(batches.values()), "once more")
        for vendor in vendors:
            vendor.answered = self.judged(vendor, "first")
        self.upload(vendors, "second")
        for vendor in vendors:
            vendor.second = self.judged(vendor, "second")

    def upload(self, vendors: list[Vendor], which: str) -> dict[str, int]:
        """Batches by vendor, once they are done."""
        from review.cli.upload import place

        recipe = str(self.folder / "vendors.toml")
        batches = {
            vendor.name: place(
                self.line,
                self.folder / vendor.name / which,
                vendor.name,
                recipe,
                out=self.out(vendor, which).as_uri(),
            )
            for vendor in vendors
        }
        self.wait(list(batches.values()), which)
        return batches

    def out(self, vendor: Vendor, which: str) -> Path:
        return self.folder / vendor.name / f"{which}.out"

    def judged(self, vendor: Vendor, which: str) -> Upload:
        return judged(self.folder / vendor.name / which, self.out(vendor, which) / "manifest.jsonl")

    def wait(self, batches: list[int], what: str) -> None:
        from records.queries import reports

        transact = self.line.database.transact

        def is_over() -> bool:
            found = [
                transact(lambda connection, id=batch: reports.progress(connection, id)) for batch in batches
            ]
            print(f"\r{what}: {sum(one.advance for one in found):.0f} of {sum(one.images for one in found)}",
                  end="", flush=True)  # fmt: skip
            return all(one.is_over for one in found)

        self.until(is_over, f"the uploads are done ({what})")
        print()

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise SystemExit(f"not after {PATIENCE / 60:.0f} minutes: {what}")
            self.stack.tend()
            time.sleep(0.5)


def total(uploads: list[Upload]) -> Upload:
    """All of them as one."""
    images = sum(one.images for one in uploads)
    asked, left, beside = (
        sum(getattr(one, name) * one.images for one in uploads) / max(1, images)
        for name in ("asked", "left", "beside")
    )
    reasons = sum((Counter(one.reasons) for one in uploads), Counter())
    return Upload(images, asked, left, beside, dict(reasons))


def show(vendors: list[Vendor]) -> None:
    print(f"{'':12}{'templates':>12}   {'first upload':^24}   {'once answered':^24}   {'next upload':^24}")
    head = f"{'asked':>8}{'left':>8}{'beside':>8}"
    print(f"{'':12}{'yes':>6}{'no':>6}   {head}   {head}   {head}")
    by_kind = {kind: [one for one in vendors if one.kind == kind] for kind in (*KINDS, NONE)}
    rows = [(kind, found) for kind, found in by_kind.items() if found]
    rows.append(("all with one", [one for one in vendors if one.kind != NONE]))
    for kind, found in rows:
        cells = "   ".join(
            f"{one.asked:8.0%}{one.left:8.0%}{one.beside:8.0%}"
            for one in (total([getattr(v, part) for v in found]) for part in ("first", "answered", "second"))
        )
        yes, no = sum(one.confirmed for one in found), sum(one.dismissed for one in found)
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
