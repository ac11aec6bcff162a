"""Trains the classifier that tells overlay from print, and writes it as trees in JSON.

    python -m bench.train_overlay --maps 0.onnx 1.onnx      # collects examples, trains, writes the file shipped
    python -m bench.train_overlay --maps 0.onnx 1.onnx --examples FILE     # keeps the examples

Overlays are drawn on the tuning half of the photos; the other half is never seen here. What is printed
comes from models that never saw the photo (five folds of photos). Two forests: the first judges each text by
itself, the second hears what it says of the photo's other texts. Needs scikit-learn for training only: the
line reads the trees by itself.
"""

import argparse
import json
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np

from bench.captions.fonts import lacking
from bench.examples import Example, collect
from overlay.classify.classifier import BY_ITSELF
from overlay.classify.context_features import company
from overlay.classify.decision import TREES
from overlay.classify.features import Features

FOLDS = 5
MARKS = ("watermark", "repeated")
WEIGHTS = {"clean": 2.0, "altered": 1.5}
"""Real print weighs more than drawn print: only the former is what the line will meet."""


def forest(rounds: int):  # type: ignore[no-untyped-def]
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=rounds, max_depth=6, learning_rate=0.04, subsample=0.6, max_features=0.15,
        min_samples_leaf=10, random_state=0,
    )  # fmt: skip


def company_forest():  # type: ignore[no-untyped-def]
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=100, max_depth=3, learning_rate=0.06, subsample=0.6, max_features=0.3,
        min_samples_leaf=30, random_state=0,
    )  # fmt: skip


def weights(found: list[Example]) -> np.ndarray:
    """Every photo weighs the same on either side (a page of small print is one page), and both sides."""
    truth = np.array([one.truth for one in found])
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for one in found:
        counts[one.photo, one.truth] += 1
    weight = np.array([WEIGHTS.get(one.kind, 1.0) / np.sqrt(counts[one.photo, one.truth]) for one in found])
    for side in (0, 1):
        weight[truth == side] *= len(found) / 2 / weight[truth == side].sum()
    return weight


def held_out(x: np.ndarray, y: np.ndarray, weight: np.ndarray, photo: np.ndarray, make) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Log-odds of every example by a forest that saw no version of its photo."""
    from sklearn.model_selection import GroupKFold

    odds = np.zeros(len(y))
    for number, (train, test) in enumerate(GroupKFold(FOLDS).split(x, y, photo)):
        model = make().fit(x[train], y[train], sample_weight=weight[train])
        odds[test] = model.decision_function(x[test])
        print(f"  fold {number + 1} of {FOLDS}", flush=True)
    return odds


def calibration(odds: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Slope and shift that make the held-out log-odds honest (Platt, 1999)."""
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e6).fit(odds[:, None], y, sample_weight=weight)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def chances(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def outcomes(
    found: list[Example], alone: np.ndarray, p: np.ndarray, sure: float, unsure: float
) -> dict[str, float]:
    """What would happen to the photos: shares of photos that lose print, go to a person, keep their overlay.

    Marks, which go to a person by policy, are told from other overlays.
    """
    shots: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, one in enumerate(found):
        shots[one.photo, one.shot].append(number)
    tally: dict[str, list[bool]] = defaultdict(list)
    for rows in shots.values():
        kind = found[rows[0]].kind
        certain = [
            row for row in rows if p[row] >= sure and alone[row] >= BY_ITSELF and not found[row].guarded
        ]
        likely = [row for row in rows if p[row] >= unsure]
        asked = len(likely) > len(certain)
        if kind in ("clean", "altered", "print"):
            tally[f"lost {kind}"].append(bool(certain) and not asked)
            tally[f"asked {kind}"].append(asked)
        else:
            kind = "mark" if kind in MARKS else "overlay"
            tally[f"asked {kind}"].append(asked)
            missed = any(found[row].truth and p[row] < unsure for row in rows)
            tally[f"missed {kind}"].append(missed and not asked)
            tally[f"lost {kind}"].append(any(not found[row].truth for row in certain) and not asked)
    return {name: float(np.mean(values)) for name, values in sorted(tally.items())}


def calibrated(found: list[Example], p: np.ndarray) -> None:
    y = np.array([one.truth for one in found])
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        part = (p >= low) & (p < high)
        said = float(p[part].mean()) if part.any() else float("nan")
        true = float(y[part].mean()) if part.any() else float("nan")
        print(f"  said {said:.2f}, overlays {true:.2f}, {part.sum()} texts")


def report(found: list[Example], alone: np.ndarray, p: np.ndarray) -> None:
    print("  shares of photos with text, held out:")
    for sure in (0.8, 0.85, 0.9, 0.92, 0.94, 0.96):
        for unsure in (0.4, 0.5, 0.6, 0.7):
            shares = outcomes(found, alone, p, sure, unsure)
            words = "  ".join(f"{name} {share:.3f}" for name, share in shares.items())
            print(f"  sure {sure:4}  unsure {unsure:3}  {words}")


def written(model, names: list[str], prior: float, slope: float, shift: float) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """The trees with the calibration folded into their leaves."""
    trees = []
    for (tree,) in model.estimators_:
        inner = tree.tree_
        trees.append(
            {
                "feature": inner.feature.tolist(),
                "threshold": [round(float(value), 5) for value in inner.threshold],
                "left": inner.children_left.tolist(),
                "right": inner.children_right.tolist(),
                "value": [round(float(v) * model.learning_rate * slope, 6) for v in inner.value[:, 0, 0]],
            }
        )
    return {"features": names, "prior": slope * prior + shift, "trees": trees}


def in_company(found: list[Example], odds: np.ndarray) -> list[Features]:
    """Of every example what the others of its shot say, by the log-odds each has by itself."""
    shots: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, one in enumerate(found):
        shots[one.photo, one.shot].append(number)
    heard: list[Features] = [{}] * len(found)
    for rows in shots.values():
        quads = [np.array(found[row].quad, np.float32) for row in rows]
        inks = [None if (ink := found[row].ink) is None else np.array(ink, np.float32) for row in rows]
        for row, features in zip(rows, company(quads, inks, odds[rows].tolist()), strict=True):
            heard[row] = features
    return heard


def fitted(  # type: ignore[no-untyped-def]
    name: str, found: list[Example], features: list[Features], make
) -> tuple[np.ndarray, dict[str, object]]:
    """Held-out log-odds of one forest, and the forest fitted to all as it is stored."""
    names = sorted(features[0])
    x = np.array([[one[feature] for feature in names] for one in features], np.float64)
    x = np.where(np.isfinite(x), x, -1.0)
    y, weight = np.array([one.truth for one in found]), weights(found)
    odds = held_out(x, y, weight, np.array([one.photo for one in found]), make)
    slope, shift = calibration(odds, y, weight)
    odds = slope * odds + shift
    print(f"{name}: log-odds calibrated times {slope:.3f} plus {shift:.3f}")
    print(f"{name}:")
    calibrated(found, chances(odds))
    model = make().fit(x, y, sample_weight=weight)
    best = np.argsort(model.feature_importances_)[::-1][:25]
    print("  leading features:", ", ".join(f"{names[i]} {model.feature_importances_[i]:.3f}" for i in best))
    share = float(np.average(y, weights=weight))
    return odds, written(model, names, float(np.log(share / (1 - share))), slope, shift)


def train(found: list[Example], rounds: int, out: Path) -> None:
    truth = np.array([one.truth for one in found])
    print(
        f"{len(found)} texts, {truth.mean():.2f} of them overlays, {len({one.photo for one in found})} photos"
    )
    odds, alone = fitted("alone", found, [one.features for one in found], partial(forest, rounds))
    # the second forest must hear such odds as the first gives of photos it does not know
    heard, among = fitted("among", found, in_company(found, odds), company_forest)
    report(found, chances(odds), chances(heard))
    out.write_text(json.dumps({"alone": alone, "among": among}, separators=(",", ":")) + "\n")
    print(f"wrote {out.name}, {out.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, help="JSON file to keep collected examples in")
    parser.add_argument(
        "--maps",
        type=Path,
        nargs=2,
        required=True,
        help="networks of bench.train_map --without 0 and --without 1: each is heard on photos it does not know",
    )
    parser.add_argument("--variants", type=int, default=2, help="altered versions of each photo")
    parser.add_argument("--kinds", type=int, default=6, help="overlays drawn on each photo")
    parser.add_argument("--imprints", type=int, default=3, help="pieces of print put on each photo")
    parser.add_argument("--rounds", type=int, default=350, help="trees")
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=TREES)
    given = parser.parse_args()
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    if given.examples and given.examples.exists():
        found = [Example(**one) for one in json.loads(given.examples.read_text())]
    else:
        counts = (given.variants, given.kinds, given.imprints)
        found = collect(counts, tuple(given.maps), every=given.every, processes=given.processes)
        if given.examples:
            given.examples.write_text(json.dumps([one.as_json() for one in found]))
    train(found, given.rounds, given.out)


if __name__ == "__main__":
    main()
