"""Many small departures of one fill add up: each may be chance, all together are not."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.fill.fill_boundary_metrics import Figures
from gates.patch import Patch

TREES = Path(__file__).with_name("fill_evidence.json")
"""Written by ``python -m training.gates.train``."""
FIGURES = (
    "misplaced", "ghost", "unerased", "untouched", "repetition", "colour", "smeared",
    "depth", "busy_fine", "busy_middle", "busy_coarse", "top_fine", "top_middle", "top_coarse", "mixed", "levelled",
    "tones", "tones_lost", "directed", "turned",
    "off_luma", "off_luma_top", "off_colour", "turned_hue", "turned_deep", "turned_usual", "slope", "slope_usual",
    "back", "back_deep", "back_usual", "colour_slope", "colour_slope_usual", "chroma", "chroma_usual",
    "still_1", "still_2", "still_ring", "calmer_fine", "calm_fine", "pair_low_fine", "pair_fine", "pair_low_middle",
    "pair_middle", "pair_coarse", "shape_low", "shape_high",
    "cell_step", "cell_step_top", "cell_colour", "cell_colour_top", "cell_inner", "cell_shift", "cell_shift_mid",
    "cell_shift_sure", "cell_shift_usual", "cell_shift_usual_mid", "cell_shift_usual_sure", "cell_tint",
    "cell_tint_mid", "cell_tint_sure", "cell_tint_usual", "cell_tint_usual_mid", "cell_tint_usual_sure", "cell_line",
    "cell_line_mid", "cell_line_sure", "cell_line_usual", "cell_line_usual_mid", "cell_line_usual_sure", "cell_hue",
    "cell_hue_mid", "cell_hue_turn", "cell_slope", "cell_slope_usual", "cell_rest",
    "kin_off", "kin_off_usual", "kin_off_mid", "kin_off_mid_usual", "kin_drift", "kin_drift_usual", "inked",
    "inked_usual", "kin_grain", "kin_grain_usual", "kin_grain_low", "kin_grain_low_usual", "kin_detail",
    "kin_detail_usual", "kin_hue", "kin_hue_usual", "kin_hue_mean", "kin_hue_mean_usual", "kin_hue_levels",
    "kin_hue_levels_usual", "kin_coloured", "kin_light", "kin_light_usual", "kin_tint", "kin_tint_usual",
    "moved", "moved_usual",
)  # fmt: skip
"""What the trees are trained on. The figures of
:mod:`gates.metrics.fill.fill_boundary_metrics` add nothing to these."""
SPOKEN = 3
"""How many of the figures that weigh most are recorded."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``evidence``: log-odds that a fill is bad, from all its figures by boosted trees, in the worst patch.

    The figures are those of the gates ``repeated_texture`` and ``text_residue``, and what is smeared; what each
    surface under the mask differs by from its like outside (colour, hue, light, grain, a tint of the ink); and what
    the fill's edge shows in means over cells (a step, a tint, a line, a turn of hues that nearly all have), read with
    the depth of the hole and the sort of its surroundings. The three that weigh most are recorded as
    ``evidence_of_<figure>``, with what they add to the sum. Gradient boosting after Friedman, 2001; shares
    of the sum along each tree's path after Saabas, "Interpreting random forests", 2014.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    fills = [figures for _, figures in _filled(edit)]
    if not fills:
        return {"evidence": _forest()["prior"]}
    shares = weighed(max(fills, key=log_odds))
    spoken = sorted((name for name in shares if name), key=lambda name: -shares[name])[:SPOKEN]
    named = {f"evidence_of_{name.replace('-', 'less_')}": shares[name] for name in spoken if shares[name] > 0}
    return {"evidence": sum(shares.values())} | named


def log_odds(figures: Figures) -> float:
    """That one fill is bad: what its figures find in all trees, each step taken in all of them at once."""
    feature, threshold, left, right, value, node = _planted()
    values = np.array(values_of(figures))
    while (inner := left[node] >= 0).any():
        below = np.where(values[feature[node]] <= threshold[node], left[node], right[node])
        node = np.where(inner, below, node)
    return float(_forest()["prior"] + value[node].sum())


def weighed(figures: Figures) -> dict[str, float]:
    """What each figure of one fill adds to the log-odds; under no name, what they start from."""
    forest = _forest()
    names = forest["features"]
    values = values_of(figures)
    shares: dict[str, float] = defaultdict(float)
    shares[""] = forest["prior"]
    for tree in forest["trees"]:
        node, value = 0, tree["value"]
        shares[""] += value[0]
        while tree["left"][node] >= 0:
            feature = tree["feature"][node]
            side = "left" if values[feature] <= tree["threshold"][node] else "right"
            below = tree[side][node]
            shares[names[feature]] += value[below] - value[node]
            node = below
    return shares


def values_of(figures: Figures) -> list[float]:
    """The figures as the trees take them, in the order of :data:`FIGURES`; 0 where one says nothing."""
    return [figures.get(name, 0.0) for name in FIGURES]


@cache
def _forest() -> dict[str, Any]:
    forest: dict[str, Any] = json.loads(TREES.read_text("utf-8"))
    return forest


@cache
def _planted() -> tuple[NDArray[Any], ...]:
    """Feature, threshold, both branches (-1 at a leaf) and value of the nodes of all trees, and the trees' roots."""
    trees = _forest()["trees"]
    ends = np.cumsum([0, *(len(tree["value"]) for tree in trees)])
    parts = [np.concatenate([tree[name] for tree in trees]) for name in ("feature", "threshold", "value")]
    branches = [
        np.concatenate(
            [
                np.where(np.array(tree[side]) < 0, -1, tree[side] + start)
                for tree, start in zip(trees, ends, strict=False)
            ]
        )
        for side in ("left", "right")
    ]
    return parts[0], parts[1], *branches, parts[2], ends[:-1]


def where(edit: Edit) -> Box | None:
    worst = max(_filled(edit), key=lambda one: log_odds(one[1]), default=None)
    return worst[0].box if worst else None


def _filled(edit: Edit) -> list[tuple[Patch, Figures]]:
    """The areas where anything was changed: what was left as it was is no fill, and text there is another gate's."""
    return [pair for pair in zip(edit.patches, edit.fills, strict=True) if pair[0].change.any()]


GATE = Gate(
    name="fill_evidence",
    transforms=frozenset({"erase_text"}),
    limits={"evidence": Limit(at_most=_forest()["limit"])},
    measure=measure,
    where=where,
)
