"""Examples of good and bad fills, with all their figures: what the trees of ``fill_evidence`` are trained on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.defects import erase
from bench.defects.visible import SEVERITIES, visibility
from bench.edits import damages, erasures
from bench.overlays import composite, overlay
from bench.photos import Photo, photos
from bench.spread import spread
from gates.edit import Edit
from line.picture import Rgb
from models.surroundings import Surroundings
from models.telea import Telea

DRAWN = 9
"""Overlays drawn on each photo, all filled with the truth and by the line, every other one by Telea too."""
DAMAGED = 2
"""Of these so many are damaged in every way, and twice as many in the ways of :data:`VARIED`."""
VARIED = frozenset(
    {"ink bleeding", "seam", "copied texture misaligned", "fill micro-tiling", "fill invented texture"}
)
"""Kinds of damage that have more to them than a strength: a width, a direction, a size."""
ELSEWHERE = frozenset({"edit outside the mask"})
"""Kinds that another gate finds exactly, and that no fill's figures show."""
VECTORS = Path(__file__).resolve().parents[1] / "tests" / "vectors"
SEEN = {defect.kind: defect.seen for defect in erase.DEFECTS} | {"truth": 1.0}
"""Of what is just visible, what one masked area must show to be an example of the damage."""
LEAST = {"fill grain gone": 0.75}
"""Grain is learnt to be missed only where it could nearly be seen itself: a smooth fill on a clean ground is good."""
Example = dict[str, Any]
"""Keys: case, photo, kind, severity (of injected damage), seen (units of what is just visible), figures."""


def collect(count: int, processes: int) -> list[Example]:
    """One row per masked area of each edit: its figures, and how visibly it is off the truth."""
    taken = list(photos(count, 640))
    pairs = [(photo, taken[(number + 1) % len(taken)]) for number, photo in enumerate(taken) if photo.tune]
    return [example for found in spread(_collected, pairs, processes) for example in found]


def _collected(pair: tuple[Photo, Photo]) -> list[Example]:
    cv2.setNumThreads(1)
    photo, other = pair
    found: list[Example] = []
    for drawn in range(DRAWN):
        again = photo.again(drawn)
        case = overlay(again)
        fills = {"truth": case.truth, "fill": Surroundings().fill(case.before, case.mask, seed=again.seed)}
        if drawn % 2:
            fills["telea"] = Telea().fill(case.before, case.mask, seed=again.seed)
        truth = composite(case.before, case.truth, case.mask)
        for kind, fill in fills.items():
            after = composite(case.before, fill, case.mask)
            edit = Edit("erase_text", case.before, after, case.mask)
            found += _examples(f"{photo.name} {drawn} {kind}", photo, kind, edit, truth)
    for drawn in range(2 * DAMAGED):
        again = photo.again(drawn)
        _, good = next(erasures(again, other))
        for defect in erase.DEFECTS:
            if defect.kind in ELSEWHERE or (drawn >= DAMAGED and defect.kind not in VARIED):
                continue
            for severity, _, bad in damages(good, defect, again):
                case_name = f"{photo.name} {defect.kind} {severity} {drawn}"
                found += _examples(case_name, photo, defect.kind, bad, good.edit.after, severity)
    return found


def kept() -> Iterator[Example]:
    """The erasures among the cases that were once got wrong: what was learnt from them must not be lost."""
    for name, vector in json.loads((VECTORS / "vectors.json").read_text()).items():
        elsewhere = any(reason.startswith(("outside_mask", "mask_sanity")) for reason in vector["reasons"])
        if vector["transform"] == "erase_text" and not elsewhere:
            parts = [
                cv2.imread(str(VECTORS / f"{name}.{part}.png"), how)
                for part, how in (
                    ("before", cv2.IMREAD_COLOR_RGB),
                    ("after", cv2.IMREAD_COLOR_RGB),
                    ("mask", 0),
                )
            ]
            seen = SEVERITIES["plain"] if vector["verdict"] == "flag" else 0.0
            for turned in range(8):  # a leaf asks for more than one example: each stands in all eight ways
                ways = [np.rot90(part[::-1] if turned >= 4 else part, turned % 4) for part in parts]
                for figures in Edit("erase_text", *map(np.ascontiguousarray, ways)).fills:
                    own = {"case": name, "photo": name, "kind": "vector", "severity": ""}
                    yield own | {"seen": seen, "figures": figures}


def _examples(
    case: str, photo: Photo, kind: str, edit: Edit, truth: Rgb, severity: str = ""
) -> Iterator[Example]:
    for patch, figures in zip(edit.patches, edit.fills, strict=True):
        x, y, wide, tall = patch.box
        seen = visibility(truth[y : y + tall, x : x + wide], patch.after)
        named = {name: round(value, 4) for name, value in figures.items()}
        own = {"case": case, "photo": photo.name, "kind": kind, "severity": severity}
        yield own | {"seen": round(seen, 3), "figures": named}


def is_bad(example: Example) -> bool | None:
    """None where it is neither: a fill of the line's own that may just be seen, or a damage that hardly can."""
    kind, seen = example["kind"], example["seen"]
    if kind == "vector":
        return seen > 0
    if kind in ("fill", "telea"):
        return None if SEVERITIES["just"] <= seen < SEVERITIES["plain"] else seen >= SEVERITIES["plain"]
    if seen == 0:
        return False
    return True if seen >= LEAST.get(kind, SEEN[kind] * SEVERITIES["just"]) else None
