"""Measures ``find_text`` on photos that nothing was trained or tuned on.

    python -m training.overlay.evaluate [--part report] [--network FILE] [--json FILE] [--jpeg 90] [--quick] [--count N]

Every photo goes through the step once as it is and once with an overlay drawn by ``bench.captions``, with the vendor's
right to have watermarks removed on record; then come the real overlays of ``overlay_tune`` and ``overlay``.

found      overlay pixels that would be erased, by area, of all overlay pixels
precision  of the pixels that would be erased those within four pixels of the overlay
erased     masked and not asked about: the photo goes on alone
asked      a person is asked
left       delivered with more than a fifth of the overlay not masked (real ones: delivered as they came)
lost       a photo without overlay in which something would be erased
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, draw, jpeg
from bench.captions.emblem import emblem
from line.picture import Edited, Flagged, Picture, Rgb
from line.vendor import VendorContext
from models.contract import Model, Task, build
from tasks.find_text import find_text
from training.overlay.photos import DATA, Source, read, sources, spread
from training.overlay.real.samples import real_overlays
from training.overlay.segmenter import opened
from training.split import Part

LEFT_SHARE = 0.8
"""Share of an overlay's pixels below which it counts as left on the photo."""
TOLERANCE = 9
"""Width of the square by which an overlay is widened where precision is measured (pixels)."""
WIDENED = 7
"""Width of the square by which the step after this one widens the mask (pixels)."""
EMBLEM = "emblem"
SUBSAMPLING = 2
"""Pillow's number of JPEG 4:2:0."""


@dataclass
class Row:
    """What came of one photo."""

    name: str
    group: str
    kind: str
    outcome: str
    reason: str = ""
    large: bool = False
    covered: float = 0.0
    overlay_area: float = 0.0
    masked_area: float = 0.0
    right_area: float = 0.0
    probability: float = 0.0
    seconds: float = 0.0
    megapixels: float = 0.0


class Finder:
    """The step with its model, as a worker would run it."""

    def __init__(self, network: Path | None) -> None:
        if network is not None:
            self.model: Model = opened(network)
            return
        self.model = build().get(str(find_text.default_model), Task.FIND_TEXT)()
        self.model.load()

    def __call__(self, rgb: Rgb, row: Row) -> np.ndarray:
        """[H, W] bool, what would be erased; fills in ``row``."""
        vendor = VendorContext("recorded for the measurement")
        begun = time.thread_time()
        (outcome,) = find_text.function([Picture(row.name, rgb)], self.model, vendor)
        row.seconds, row.megapixels = time.thread_time() - begun, rgb.shape[0] * rgb.shape[1] / 1e6
        assert isinstance(outcome, Edited | Flagged)
        picture = outcome.picture
        assert picture is not None
        mask = np.zeros(rgb.shape[:2], bool) if picture.mask is None else picture.mask > 0
        row.outcome = "asked" if isinstance(outcome, Flagged) else "erased" if mask.any() else "kept"
        row.reason = getattr(outcome, "reason", "")
        row.probability = max((region.overlay for region in picture.facts.regions or ()), default=0.0)
        row.masked_area = float(mask.mean())
        return mask


def clean_and_drawn(
    photos: list[Source], finder: Finder, quality: int | None = None
) -> Iterator[tuple[Row, Rgb, np.ndarray]]:
    """Each photo as it is, and with an overlay; after one more save as JPEG 4:2:0 where a ``quality`` is given."""
    kinds = [*KINDS, EMBLEM]
    for number, source in enumerate(photos):
        original = rgb = source.rgb()
        group = source.name.split("/")[1] if "/" in source.name else source.name
        row = Row(source.name, group, "clean", "", large=source.large)
        rgb = rgb if quality is None else jpeg(rgb, quality, SUBSAMPLING)
        yield row, rgb, finder(rgb, row)
        kind = kinds[number % len(kinds)]
        rng = np.random.default_rng([number, 7])
        drawn = emblem(original, rng) if kind == EMBLEM else draw(original, kind, rng)
        row = Row(source.name, group, kind, "", large=source.large)
        rgb = drawn.rgb if quality is None else jpeg(drawn.rgb, quality, SUBSAMPLING)
        mask = finder(rgb, row)
        wide = cv2.dilate(mask.astype(np.uint8), np.ones((WIDENED, WIDENED), np.uint8)) > 0
        around = cv2.dilate(drawn.mask.astype(np.uint8), np.ones((TOLERANCE, TOLERANCE), np.uint8)) > 0
        row.covered = float(wide[drawn.mask].mean()) if drawn.mask.any() else 1.0
        row.overlay_area, row.right_area = float(drawn.mask.mean()), float((mask & around).mean())
        if row.outcome != "asked" and row.covered < LEFT_SHARE:
            row.outcome = "left"
        yield row, rgb, mask


def real(part: Part, finder: Finder) -> Iterator[tuple[Row, Rgb, np.ndarray]]:
    """Photos with real overlays of which no clean copy is known."""
    files = [(entry.path, entry.group) for entry in real_overlays() if entry.part is part]
    if part is Part.REPORT:
        every = sorted((DATA / "overlay").rglob("*.*"))
        files += [
            (path, path.parent.name)
            for path in every
            if not any(word in path.name for word in ("clean", "source"))
        ]
    for path, group in files:
        rgb = read(path)
        row = Row(path.name, group, "real", "", large=max(rgb.shape[:2]) >= 900)
        mask = finder(rgb, row)
        row.outcome = "left" if row.outcome == "kept" else row.outcome
        yield row, rgb, mask


def table(rows: list[Row]) -> dict[str, float]:
    """The figures of all rows."""

    def share(chosen: list[Row], outcome: str) -> float:
        return sum(row.outcome == outcome for row in chosen) / max(1, len(chosen))

    clean = [row for row in rows if row.kind == "clean"]
    genuine = [row for row in rows if row.kind == "real"]
    drawn = [row for row in rows if row.kind not in ("clean", "real")]
    stamps = [row for row in genuine if "stamp" in row.group]
    figures: dict[str, float] = {}
    for name, chosen in (
        ("drawn", drawn), ("real", genuine), ("stamps", stamps), ("clean", clean),
        ("clean_small", [row for row in clean if not row.large]), ("clean_large", [row for row in clean if row.large]),
    ):  # fmt: skip
        figures[f"{name}_count"] = len(chosen)
        for outcome in ("erased", "asked", "left", "kept"):
            figures[f"{name}_{outcome}"] = share(chosen, outcome)
    area = sum(row.overlay_area for row in drawn)
    figures["pixels_found"] = sum(row.covered * row.overlay_area for row in drawn) / max(area, 1e-9)
    figures["pixels_precision"] = sum(row.right_area for row in drawn) / max(
        sum(row.masked_area for row in drawn), 1e-9
    )
    figures["seconds_per_photo"] = float(np.mean([row.seconds for row in rows])) if rows else 0.0
    figures["seconds_per_megapixel"] = sum(row.seconds for row in rows) / max(
        sum(row.megapixels for row in rows), 1e-9
    )
    at = sorted((row.probability for row in clean), reverse=True)
    for budget in (0.02, 0.05):
        limit = at[min(len(at) - 1, int(budget * len(at)))] if at else 1.0
        figures[f"real_alarmed_at_{budget:.0%}_of_clean"] = sum(
            row.probability > limit for row in genuine
        ) / max(1, len(genuine))
    return figures


def in_json(row: Row) -> dict[str, object]:
    """A row with the keys that the JSON has: what is covered is "found" there, as in the table."""
    return {"found" if name == "covered" else name: value for name, value in asdict(row).items()}


def by_kind(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Of each kind of overlay: how many, pixels found, and outcomes."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.kind != "clean":
            groups[row.group if row.kind == "real" else row.kind].append(row)
    return {
        name: {"count": len(chosen), "found": float(np.mean([row.covered for row in chosen]))}
        | {outcome: sum(row.outcome == outcome for row in chosen) for outcome in ("erased", "asked", "left")}
        for name, chosen in sorted(groups.items())
    }


def chosen_photos(part: Part, count: int) -> list[Source]:
    """Large and small photos of a part, ``count`` of each at most, spread over all sets."""
    photos = [source for source in sources() if source.part is part]
    chosen = []
    for large in (True, False):
        some = [source for source in photos if source.large == large]
        chosen += spread(some, count)
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", type=Part, choices=[Part.REPORT, Part.CALIBRATION], default=Part.REPORT)
    parser.add_argument("--count", type=int, default=500, help="photos of each size, at most")
    parser.add_argument("--quick", action="store_true", help="40 photos of each size")
    parser.add_argument(
        "--jpeg", type=int, metavar="QUALITY", help="save each once more as JPEG 4:2:0, as most uploads come"
    )
    parser.add_argument("--network", type=Path, help="an exported network in place of the shipped finder")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path, help="PNG of the worst cases; not of the report part")
    given = parser.parse_args()
    if given.sheet and given.part is Part.REPORT:
        parser.error("the report part is not looked at: --sheet needs --part calibration")
    cv2.setNumThreads(1)
    finder = Finder(given.network)
    photos = chosen_photos(given.part, 40 if given.quick else given.count)
    rows: list[Row] = []
    shown: list[tuple[float, Rgb, np.ndarray]] = []
    for cases in (clean_and_drawn(photos, finder, given.jpeg), real(given.part, finder)):
        for row, rgb, mask in cases:
            rows.append(row)
            if given.sheet and (badness := worst_first(row)) > 0:
                shown.append((badness, rgb, mask))
                shown = sorted(shown, key=lambda one: -one[0])[:60]
    figures, kinds = table(rows), by_kind(rows)
    for name, value in figures.items():
        print(f"{name:32} {value:.4g}")
    for name, values in kinds.items():
        print(f"{name:28}", " ".join(f"{key} {value:.3g}" for key, value in values.items()))
    if given.json:
        given.json.write_text(
            json.dumps({"figures": figures, "kinds": kinds, "rows": [in_json(row) for row in rows]}, indent=1)
        )
    if given.sheet:
        cv2.imwrite(str(given.sheet), contact_sheet(shown)[..., ::-1])


def worst_first(row: Row) -> float:
    """How much a person would mind the outcome, real overlays first."""
    if row.kind == "clean":
        return {"erased": 3.0, "asked": 1.0}.get(row.outcome, 0.0)
    return {"left": 4.0 if row.kind == "real" else 2.5, "asked": 0.5}.get(row.outcome, 0.0)


def contact_sheet(shown: list[tuple[float, Rgb, np.ndarray]], side: int = 230, columns: int = 5) -> Rgb:
    """Photos beside themselves with their mask in one colour, in rows."""
    tiles = []
    for _, rgb, mask in shown:
        marked = rgb.copy()
        marked[mask] = (255, 0, 255)
        scale = side / max(rgb.shape[:2])
        tile = np.full((side, 2 * side, 3), 90, np.uint8)
        for place, picture in enumerate((rgb, marked)):
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            tile[: small.shape[0], place * side : place * side + small.shape[1]] = small
        tiles.append(tile)
    while len(tiles) % columns:
        tiles.append(np.zeros((side, 2 * side, 3), np.uint8))
    return np.vstack([np.hstack(tiles[at : at + columns]) for at in range(0, len(tiles), columns)])


if __name__ == "__main__":
    main()
