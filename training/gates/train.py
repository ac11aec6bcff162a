"""Trains the gate ``fill_evidence``: gradient-boosted trees on the figures of good and bad fills.

    python -m training.gates.train                     # collects examples, trains, writes the shipped model
    python -m training.gates.train --examples FILE     # keeps the examples in FILE, or uses those that it holds

Only photos of the training part are used. Good examples are fills by the truth, and the line's own fills where they
cannot be told from it. Bad examples are damaged fills of every kind and severity, and the line's own and Telea's
fills where they are plainly off the truth. The limit comes from cross-validation by photo. LightGBM trains the trees,
onnxmltools exports them, the gate runs them in onnxruntime.
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.model_selection import GroupKFold

from gates.checks.fill.fill_evidence import CALIBRATION, FIGURES, MODEL, values_of
from gates.contract import Limit, registry
from training.gates.examples import FILLS, Example, collect, load, save

Floats = NDArray[np.float64]
PHOTOS, MORE_PHOTOS = 156, 700
"""Numbers of training photos that the shipped model has seen: with every damage; with erased overlays alone."""
FOLDS, REPEATS = 5, 3
"""Folds of cross-validation, and how often the photos are dealt anew: few good edits decide the limit."""
MAX_FALSE_FLAGS = 0.02
"""Maximum share of fills by the true pixels of held-out photos that are flagged by this gate or a single limit."""
FIGURE_OF_READING = {
    "seam": "step", "outlined": "cell_line", "fill_colour": "colour", "fill_hue": "cell_hue", "lines_lost": "-crossing",
    "lines_gained": "crossing", "grain_lost": "-grain", "grain_gained": "grain", "detail_lost": "-detail",
    "detail_gained": "detail", "coarse_lost": "-coarse", "coarse_gained": "coarse",
}  # fmt: skip
"""Figures whose reading has another name."""
FILL_WEIGHT = {True: 6.0, False: 2.0}
"""Weight of the line's own fills, bad and good, against 1 for a damaged fill: they are what the line meets."""
KIND_WEIGHT = {
    "telea": 0.5, "fill hue turned": 6.0, "fill grain gone": 6.0, "copied texture misaligned": 2.5,
    "fill micro-tiling": 2.0, "fill from another photo": 1.5, "fill invented texture": 0.8, "seam": 0.7,
    "fill of a cast": 0.7, "fill noise amplified": 0.5, "text left in part": 0.5,
}  # fmt: skip
"""Weight of other kinds: more for those that are hard to find."""
SEVERITY_WEIGHT = {"just": 0.5, "plain": 2.5, "gross": 1.0}
"""Weight of severities: plain damage must not pass, damage that is just visible may."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=Path, help="JSON lines of examples, read if the file exists")
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--more", type=int, default=MORE_PHOTOS, help="photos with erased overlays alone")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=MODEL, help="the ONNX file; its limit goes beside it")
    options = parser.parse_args()
    if options.examples and options.examples.exists():
        examples = load(options.examples)
    else:
        examples = list(collect(options.photos, options.more, options.processes))
        if options.examples:
            save(examples, options.examples)
    train([example for example in examples if example.is_bad is not None], options.out)


def train(examples: Sequence[Example], out: Path) -> None:
    """Train on ``examples``, print what cross-validation says, write the model and its calibration."""
    figures = np.array([values_of(example.figures) for example in examples])
    bad = np.array([bool(example.is_bad) for example in examples])
    weight = weights(examples, bad)
    scores = held_out_scores(figures, bad, weight, [example.photo for example in examples])
    limit = limit_of(examples, bad, scores)
    model = boosted().fit(figures, bad, sample_weight=weight)
    out.write_bytes(exported(model.booster_))
    calibration = {"limit": limit, "typical": typical(figures[~bad], weight[~bad])}
    out.with_name(CALIBRATION.name).write_text(json.dumps(calibration, indent=1) + "\n")


def boosted() -> lightgbm.LGBMClassifier:
    return lightgbm.LGBMClassifier(
        n_estimators=200, learning_rate=0.1, num_leaves=16, min_child_samples=20, reg_lambda=10.0,
        feature_fraction_bynode=0.4, random_state=0, deterministic=True, force_row_wise=True, n_jobs=1, verbose=-1,
    )  # fmt: skip


def held_out_scores(figures: Floats, bad: NDArray[np.bool_], weight: Floats, photo: Sequence[str]) -> Floats:
    """[REPEATS, N] log-odds of each example, by trees that were trained without its photo."""
    scores = np.zeros((REPEATS, len(bad)))
    for repeat in range(REPEATS):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=repeat).split(figures, bad, photo)
        for fit, held_out in folds:
            model = boosted().fit(figures[fit], bad[fit], sample_weight=weight[fit])
            scores[repeat, held_out] = np.asarray(model.booster_.predict(figures[held_out], raw_score=True))
    return scores


def limit_of(examples: Sequence[Example], bad: NDArray[np.bool_], scores: Floats) -> float:
    """The log-odds above which a fill is flagged; prints what that finds of each kind."""
    edits: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        edits[example.case, example.kind].append(number)
    limits = single_limits()
    by_one_figure = np.array([breaks_a_limit(example.figures, limits) for example in examples])
    good = [rows for (_, kind), rows in edits.items() if kind == "truth"]
    # an edit that one figure flags is flagged whatever the limit of the trees
    worst = np.concatenate(
        [
            np.full(REPEATS, np.inf) if by_one_figure[rows].any() else scores[:, rows].max(axis=1)
            for rows in good
        ]
    )
    limit = round(float(np.quantile(worst, 1 - MAX_FALSE_FLAGS, method="higher")), 2)
    print(
        f"{len(good)} fills by the true pixels; {np.mean(np.isinf(worst)):.2%} are flagged by single figures, "
        f"{np.mean(worst > limit):.2%} with evidence at most {limit}"
    )
    flagged: dict[str, list[bool]] = defaultdict(list)
    for (_, kind), rows in edits.items():
        if bad[rows].any() or kind in FILLS:
            name = kind if bad[rows].any() else f"good {kind}"
            flagged[name] += list((scores[:, rows].max(axis=1) > limit) | by_one_figure[rows].any())
    for kind, flags in sorted(flagged.items(), key=lambda item: float(np.mean(item[1]))):
        print(f"{kind:28}{np.mean(flags):6.0%} of {len(flags)}")
    return limit


def single_limits() -> dict[str, Limit]:
    """The limits of the other gates of an erasure, by the figure that each reading comes from."""
    return {
        FIGURE_OF_READING.get(name, name): limit
        for gate in registry().for_transform("erase_text")
        for name, limit in gate.limits.items()
    }


def breaks_a_limit(figures: dict[str, float], limits: dict[str, Limit]) -> bool:
    """Whether the limit of a single figure flags a fill."""
    return any(not limit.holds(max(0.0, figures[name])) for name, limit in limits.items() if name in figures)


def weights(examples: Sequence[Example], bad: NDArray[np.bool_]) -> Floats:
    """[N] weights; good and bad examples weigh the same together."""
    weight = np.array(
        [
            (
                FILL_WEIGHT[bool(example.is_bad)]
                if example.kind == "fill"
                else KIND_WEIGHT.get(example.kind, 1.0)
            )
            * SEVERITY_WEIGHT.get(example.severity, 1.0)
            for example in examples
        ]
    )
    for side in (bad, ~bad):
        weight[side] *= len(bad) / 2 / weight[side].sum()
    return weight


def typical(good: Floats, weight: Floats) -> dict[str, float]:
    """Weighted median of each figure over good fills."""
    order = np.argsort(good, axis=0)
    share = np.cumsum(weight[order], axis=0) / weight.sum()
    middle = np.take_along_axis(good, order, axis=0)[np.argmax(share >= 0.5, axis=0), range(good.shape[1])]
    return {name: round(float(value), 4) for name, value in zip(FIGURES, middle, strict=True)}


def exported(booster: lightgbm.Booster) -> bytes:
    """ONNX of the trees' sum, the log-odds: float32 [N, figures] to float32 [N, 1]."""
    # exported as a regression: a probability in float32 is 1.0 from log-odds of 17 on
    text = booster.model_to_string().replace("objective=binary sigmoid:1", "objective=regression")
    text = text.replace("[objective: binary]", "[objective: regression]")
    shape = [("figures", FloatTensorType([None, len(FIGURES)]))]
    network: Any = convert_lightgbm(lightgbm.Booster(model_str=text), initial_types=shape)
    return bytes(network.SerializeToString())


if __name__ == "__main__":
    main()
