"""Trains the trees that weigh all figures of a fill together, and writes them as JSON.

    python -m bench.fit_evidence                     # collects examples, trains, writes the file shipped
    python -m bench.fit_evidence --examples FILE     # keeps the examples, or uses those kept before

All is of the tuning part of the photos; the other part is never seen here. Good are fills of the truth, and
the line's own where nobody can tell them from it; bad are the bench's defects of every severity, and the line's own
fills and Telea's where they are plainly off the truth. The limit comes from trees that never saw the photo (five
folds of photos). Needs scikit-learn for training only: the gate reads the trees by itself.
"""

import argparse
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.fill_examples import Example, collect, is_bad, kept
from gates.checks.fill.fill_evidence import FIGURES, TREES, values_of
from gates.contract import Limit, registry

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
OWN = {1: 6.0, 0: 2.0}
"""How much more than injected defects the line's own fills weigh, bad and good: they are what the line meets."""
WEIGHTS = {
    "vector": 20.0, "telea": 0.5, "fill hue turned": 6.0, "fill grain gone": 6.0, "copied texture misaligned": 2.5,
    "fill micro-tiling": 2.0, "fill from another photo": 1.5, "fill invented texture": 0.8, "seam": 0.7,
    "fill of a cast": 0.7, "fill noise amplified": 0.5, "text left in part": 0.5,
}  # fmt: skip
"""The same of other kinds: more of single cases that were once got wrong and of what is hard to find, less of what
is found anyway."""
SEVERE = {"just": 0.5, "plain": 2.5, "gross": 1.0}
"""The same of severities: what is plainly wrong must not pass, what may just be seen may at times."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--examples", type=Path)
    options.add_argument("--photos", type=int, default=400, help="of both parts")
    options.add_argument("--processes", type=int, default=os.cpu_count())
    options.add_argument("--out", type=Path, default=TREES, help="where the trees are written")
    chosen = options.parse_args()
    if chosen.examples and chosen.examples.exists():
        found = json.loads(chosen.examples.read_text())
    else:
        found = collect(chosen.photos, chosen.processes)
        if chosen.examples:
            chosen.examples.write_text(json.dumps(found))
    train(found + list(kept()), chosen.out)


def boosted():  # type: ignore[no-untyped-def]
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.1, max_leaf_nodes=16, min_samples_leaf=20, l2_regularization=10.0,
        max_features=0.4, random_state=0,
    )  # fmt: skip


def train(found: list[Example], out: Path) -> None:
    from sklearn.model_selection import GroupKFold

    used = [example for example in found if is_bad(example) is not None]
    x = np.array([values_of(example["figures"]) for example in used])
    y = np.array([is_bad(example) for example in used], int)
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
    weight *= [SEVERE.get(example["severity"], 1.0) for example in used]
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
