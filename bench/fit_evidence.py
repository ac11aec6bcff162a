"""Trains the trees that weigh all figures of a fill together, and writes them as JSON.

    python -m bench.fit_evidence                     # collects examples, trains, writes the file shipped
    python -m bench.fit_evidence --examples FILE     # keeps the examples, or uses those kept before

All is of the tuning half of the photos; the other half is never seen here. Good are fills of the truth, and
the line's own where nobody can tell them from it; bad are the bench's defects, and the line's own fills
where they are plainly off the truth. The limit comes from trees that never saw the photo (five folds of
photos). Needs scikit-learn for training only: the gate reads the trees by itself.
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
from gates.edit import Edit
from gates.fill_evidence import FIGURES, TREES, values_of
from line.picture import Rgb
from models.surroundings import Surroundings

FOLDS = 5
FALSE_FLAGS = 0.011
"""Share of the good edits of held-out photos that the limit may flag; other limits of an erasure flag some too."""
DRAWN, FILLED = 9, 3
"""Overlays drawn on each photo, and how many of them are filled by the line too: truths cost next to nothing."""
ELSEWHERE = frozenset({"edit outside the mask"})
"""Kinds that another gate finds exactly, and that no fill's figures show."""
OWN_WEIGHT = 2.0
"""How much more the line's own fills weigh than injected defects: they are what the line meets."""
SEEN = {defect.kind: defect.seen for defect in erase.DEFECTS} | {"truth": 1.0}
"""Of what is just visible, what one masked area must show to be an example of the damage."""
LEAST = {"fill grain gone": 0.75}
"""Grain is learnt to be missed only where it could nearly be seen itself: a smooth fill on a clean ground is good."""
Example = dict[str, Any]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=Path)
    options.add_argument("--photos", type=int, default=400, help="of both halves, for overlays and own fills")
    options.add_argument("--damaged", type=int, default=260, help="of both halves, for defects")
    options.add_argument("--out", type=Path, default=TREES, help="where the trees are written")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    if chosen.examples and chosen.examples.exists():
        found = json.loads(chosen.examples.read_text())
    else:
        found = collect(chosen.photos, chosen.damaged)
        if chosen.examples:
            chosen.examples.write_text(json.dumps(found))
    train(found, chosen.out)


def collect(count: int, damaged: int) -> list[Example]:
    """One row per masked area of each edit: its figures, and how visibly it is off the truth."""
    found = []
    for photo in photos(count, 640):
        if not photo.tune:
            continue
        for drawn in range(DRAWN):
            again = dataclasses.replace(photo, seed=photo.seed + drawn * 7919 + drawn % 2)
            case = overlay(again)
            truth = composite(case.before, case.truth, case.mask)
            afters = {"truth": truth}
            if drawn < FILLED:
                fill = Surroundings().fill(case.before, case.mask, seed=again.seed)
                afters["fill"] = composite(case.before, fill, case.mask)
            for kind, after in afters.items():
                edit = Edit("erase_text", case.before, after, case.mask)
                found += list(_examples(f"{photo.name} {drawn} {kind}", photo, kind, edit, truth))
        print(f"\r{photo.name:60}", end="", file=sys.stderr)
    taken = list(photos(damaged, 640))
    for number, photo in enumerate(taken):
        if photo.tune:
            _, good = next(erasures(photo, taken[(number + 1) % len(taken)]))
            for defect in erase.DEFECTS:
                if defect.kind in ELSEWHERE:
                    continue
                for severity, _, bad in damages(good, defect, photo):
                    if severity != "gross":
                        case = f"{photo.name} {defect.kind} {severity}"
                        found += list(_examples(case, photo, defect.kind, bad, good.edit.after))
            print(f"\r{photo.name:60}", end="", file=sys.stderr)
    return found


def _examples(case: str, photo: Photo, kind: str, edit: Edit, truth: Rgb) -> Iterator[Example]:
    for patch, figures in zip(edit.patches, edit.fills, strict=True):
        x, y, wide, tall = patch.box
        seen = visibility(truth[y : y + tall, x : x + wide], patch.after)
        named = {name: round(value, 4) for name, value in figures.items()}
        yield {"case": case, "photo": photo.name, "kind": kind, "seen": round(seen, 3), "figures": named}


def bad(example: Example) -> bool | None:
    """None where it is neither: a fill of the line's own that may just be seen, or a damage that hardly can."""
    kind, seen = example["kind"], example["seen"]
    if kind == "fill":
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
    odds = np.zeros(len(y))
    for fit, held in GroupKFold(FOLDS).split(x, y, [example["photo"] for example in used]):
        odds[held] = boosted().fit(x[fit], y[fit], sample_weight=weight[fit]).decision_function(x[held])
    cases: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, example in enumerate(used):
        cases[example["case"], example["kind"]].append(number)
    good = [max(odds[rows]) for rows in cases.values() if not y[rows].any()]
    limit = round(float(np.quantile(good, 1 - FALSE_FLAGS)), 2)
    print(
        f"{len(good)} good edits; evidence at most {limit} flags {np.mean(np.array(good) > limit):.1%} of them"
    )
    kinds = defaultdict(list)
    for (_, kind), rows in cases.items():
        if y[rows].any():
            kinds[kind].append(max(odds[rows]) > limit)
    for kind, flagged in sorted(kinds.items(), key=lambda item: np.mean(item[1])):
        print(f"{kind:28}{np.mean(flagged):6.0%} of {len(flagged)}")
    out.write_text(json.dumps(exported(boosted().fit(x, y, sample_weight=weight), limit)) + "\n")


def weights(used: list[Example], y: np.ndarray) -> np.ndarray:
    """Both sides weigh the same, and the line's own fills more."""
    weight = np.array([OWN_WEIGHT if example["kind"] == "fill" else 1.0 for example in used])
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
