"""Trains the trees that weigh all figures of a fill together, and writes them as JSON.

    python -m bench.fit_evidence                     # collects examples, trains, writes the file shipped
    python -m bench.fit_evidence --examples FILE     # keeps the examples, or uses those kept before

All is of the tuning part of the photos; the other part is never seen here. Good are fills of the truth, and
the line's own where nobody can tell them from it; bad are the bench's defects of every severity, and the line's own
fills and Telea's where they are plainly off the truth. The limit comes from trees that never saw the photo (five
folds of photos). Needs scikit-learn for training only: the gate reads the trees by itself.
"""

import argparse
import dataclasses
import json
import sys
from collections import defaultdict
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
from gates.contract import Limit, registry
from gates.edit import Edit
from gates.fill_evidence import FIGURES, TREES, values_of
from line.picture import Rgb
from models.surroundings import Surroundings
from models.telea import Telea

FOLDS, TURNS = 5, 3
"""Parts of the photos, and how often they are dealt out anew: a limit hangs on very few good edits."""
FALSE_FLAGS = 0.02
"""Share of the good edits of held-out photos that may be flagged, by the trees or by the limit of a single figure."""
READINGS = {
    "seam": "step", "outlined": "cell_line", "fill_colour": "colour", "fill_hue": "cell_hue", "lines_lost": "-crossing",
    "lines_gained": "crossing", "grain_lost": "-grain", "grain_gained": "grain", "detail_lost": "-detail",
    "detail_gained": "detail", "coarse_lost": "-coarse", "coarse_gained": "coarse",
}  # fmt: skip
"""Figures whose reading has another name."""
DRAWN = 9
"""Overlays drawn on each photo, all filled with the truth and by the line, every other one by Telea too; the first
two, letters and boxes, are damaged in every way."""
ELSEWHERE = frozenset({"edit outside the mask"})
"""Kinds that another gate finds exactly, and that no fill's figures show."""
OWN = {1: 4.0, 0: 2.0}
"""How much more than injected defects the line's own fills weigh, bad and good: they are what the line meets."""
WEIGHTS = {"telea": 0.5, "fill hue turned": 2.0, "fill grain gone": 2.0, "vector": 20.0}
"""The same of other kinds: what is hard to find, and single cases that were once got wrong."""
VECTORS = Path(__file__).resolve().parents[1] / "tests" / "vectors"
SEEN = {defect.kind: defect.seen for defect in erase.DEFECTS} | {"truth": 1.0}
"""Of what is just visible, what one masked area must show to be an example of the damage."""
LEAST = {"fill grain gone": 0.75}
"""Grain is learnt to be missed only where it could nearly be seen itself: a smooth fill on a clean ground is good."""
Example = dict[str, Any]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=Path)
    options.add_argument("--photos", type=int, default=400, help="of both parts")
    options.add_argument("--out", type=Path, default=TREES, help="where the trees are written")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    if chosen.examples and chosen.examples.exists():
        found = json.loads(chosen.examples.read_text())
    else:
        found = collect(chosen.photos)
        if chosen.examples:
            chosen.examples.write_text(json.dumps(found))
    train(found + list(kept()), chosen.out)


def collect(count: int) -> list[Example]:
    """One row per masked area of each edit: its figures, and how visibly it is off the truth."""
    found: list[Example] = []
    taken = list(photos(count, 640))
    for number, photo in enumerate(taken):
        if not photo.tune:
            continue
        for drawn in range(DRAWN):
            again = _drawn(photo, drawn)
            case = overlay(again)
            fills = {
                "truth": case.truth,
                "fill": Surroundings().fill(case.before, case.mask, seed=again.seed),
            }
            if drawn % 2:
                fills["telea"] = Telea().fill(case.before, case.mask, seed=again.seed)
            truth = composite(case.before, case.truth, case.mask)
            for kind, fill in fills.items():
                after = composite(case.before, fill, case.mask)
                edit = Edit("erase_text", case.before, after, case.mask)
                found += list(_examples(f"{photo.name} {drawn} {kind}", photo, kind, edit, truth))
        for drawn in range(2):
            again = _drawn(photo, drawn)
            _, good = next(erasures(again, taken[(number + 1) % len(taken)]))
            for defect in erase.DEFECTS:
                if defect.kind in ELSEWHERE:
                    continue
                for severity, _, bad in damages(good, defect, again):
                    case_name = f"{photo.name} {defect.kind} {severity} {drawn}"
                    found += list(_examples(case_name, photo, defect.kind, bad, good.edit.after))
        print(f"\r{photo.name:60}", end="", file=sys.stderr)
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
                    yield {"case": name, "photo": name, "kind": "vector", "seen": seen, "figures": figures}


def _drawn(photo: Photo, number: int) -> Photo:
    """The same photo with another overlay in store."""
    return dataclasses.replace(photo, seed=photo.seed + number * 7919 + number % 2)


def _examples(case: str, photo: Photo, kind: str, edit: Edit, truth: Rgb) -> Iterator[Example]:
    for patch, figures in zip(edit.patches, edit.fills, strict=True):
        x, y, wide, tall = patch.box
        seen = visibility(truth[y : y + tall, x : x + wide], patch.after)
        named = {name: round(value, 4) for name, value in figures.items()}
        yield {"case": case, "photo": photo.name, "kind": kind, "seen": round(seen, 3), "figures": named}


def bad(example: Example) -> bool | None:
    """None where it is neither: a fill of the line's own that may just be seen, or a damage that hardly can."""
    kind, seen = example["kind"], example["seen"]
    if kind == "vector":
        return seen > 0
    if kind in ("fill", "telea"):
        return None if SEVERITIES["just"] <= seen < SEVERITIES["plain"] else seen >= SEVERITIES["plain"]
    if seen == 0:
        return False
    return True if seen >= LEAST.get(kind, SEEN[kind] * SEVERITIES["just"]) else None


def boosted():  # type: ignore[no-untyped-def]
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.1, max_leaf_nodes=16, min_samples_leaf=20, l2_regularization=10.0,
        max_features=0.4, random_state=0,
    )  # fmt: skip


def train(found: list[Example], out: Path) -> None:
    from sklearn.model_selection import GroupKFold

    used = [example for example in found if bad(example) is not None]
    x = np.array([values_of(example["figures"]) for example in used])
    y = np.array([bad(example) for example in used], int)
    weight = weights(used, y)
    photo = [example["photo"] for example in used]
    odds = np.zeros((TURNS, len(y)))
    for turn in range(TURNS):
        for fit, held in GroupKFold(FOLDS, shuffle=True, random_state=turn).split(x, y, photo):
            model = boosted().fit(x[fit], y[fit], sample_weight=weight[fit])
            odds[turn, held] = model.decision_function(x[held])
    cases: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, example in enumerate(used):
        cases[example["case"], example["kind"]].append(number)
    limits = single_limits()
    single = np.array([alone(example["figures"], limits) for example in used])
    # flagged at any limit of the trees where a single figure flags it
    good = np.concatenate(
        [
            np.full(TURNS, np.inf) if single[rows].any() else odds[:, rows].max(axis=1)
            for rows in cases.values()
            if not y[rows].any()
        ]
    )
    limit = round(float(np.quantile(good, 1 - FALSE_FLAGS, method="higher")), 2)
    print(
        f"{len(good) // TURNS} good edits; {np.mean(np.isinf(good)):.2%} are flagged by single figures, "
        f"{np.mean(good > limit):.2%} with evidence at most {limit}"
    )
    kinds = defaultdict(list)
    for (_, kind), rows in cases.items():
        if y[rows].any():
            kinds[kind] += list((odds[:, rows].max(axis=1) > limit) | single[rows].any())
    for kind, flagged in sorted(kinds.items(), key=lambda item: np.mean(item[1])):
        print(f"{kind:28}{np.mean(flagged):6.0%} of {len(flagged)}")
    out.write_text(json.dumps(exported(boosted().fit(x, y, sample_weight=weight), limit)) + "\n")


def single_limits() -> dict[str, Limit]:
    """The limits of an erasure's gates by the figures that they are read from."""
    return {
        READINGS.get(name, name): limit
        for gate in registry().for_transform("erase_text")
        for name, limit in gate.limits.items()
    }


def alone(figures: dict[str, float], limits: dict[str, Limit]) -> bool:
    """Whether the limit of a single figure flags a fill."""
    return any(not limit.holds(max(0.0, figures[name])) for name, limit in limits.items() if name in figures)


def weights(used: list[Example], y: np.ndarray) -> np.ndarray:
    """Both sides weigh the same, and some kinds more."""
    kinds = [example["kind"] for example in used]
    weight = np.array(
        [OWN[side] if kind == "fill" else WEIGHTS.get(kind, 1.0) for kind, side in zip(kinds, y, strict=True)]
    )
    for side in (0, 1):
        weight[y == side] *= len(y) / 2 / weight[y == side].sum()
    return weight


def exported(model: Any, limit: float) -> dict[str, Any]:
    """Every node has the mean of the leaves below it, so that each split's share of the sum can be told."""
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        value = nodes["value"].astype(float)
        for node in range(len(nodes) - 1, -1, -1):  # children come after their parent
            if not nodes["is_leaf"][node]:
                below = [nodes["left"][node], nodes["right"][node]]
                value[node] = np.average(value[below], weights=nodes["count"][below])
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            {
                "feature": nodes["feature_idx"].tolist(),
                "threshold": [round(float(t), 4) if np.isfinite(t) else 0.0 for t in nodes["num_threshold"]],
                "left": np.where(leaf, -1, nodes["left"].astype(int)).tolist(),
                "right": np.where(leaf, -1, nodes["right"].astype(int)).tolist(),
                "value": [round(float(v), 4) for v in value],
            }
        )
    prior = float(np.ravel(model._baseline_prediction)[0])
    return {"features": FIGURES, "limit": limit, "prior": round(prior, 5), "trees": trees}


if __name__ == "__main__":
    main()
