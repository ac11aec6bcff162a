"""Many small departures of one fill add up: each may be chance, all together are not."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.measures.likeness import Figures

TREES = Path(__file__).with_name("fill_evidence.json")
"""Written by ``python -m bench.fit_evidence``."""
FIGURES = (
    "step", "rim", "ragged", "broken", "unlinked", "crossing", "-crossing", "hue", "grain", "-grain", "detail",
    "-detail", "coarse", "-coarse", "misplaced", "ghost", "unerased", "repetition", "colour",
    "depth", "busy_fine", "busy_middle", "busy_coarse", "top_fine", "top_middle", "top_coarse", "mixed", "levelled",
    "tones", "tones_lost", "directed", "turned",
    "off_luma", "off_luma_top", "off_colour", "turned_hue", "turned_deep", "turned_usual", "slope", "slope_usual",
    "back", "back_deep", "back_usual", "colour_slope", "colour_slope_usual", "chroma", "chroma_usual",
    "still_1", "still_2", "still_ring", "calmer_fine", "calm_fine", "pair_low_fine", "pair_fine", "pair_low_middle",
    "pair_middle", "pair_coarse", "shape_low", "shape_high",
    "kin_off", "kin_off_usual", "kin_off_mid", "kin_off_mid_usual", "kin_drift", "kin_drift_usual", "inked",
    "inked_usual", "kin_grain", "kin_grain_usual", "kin_grain_low", "kin_grain_low_usual", "kin_detail",
    "kin_detail_usual", "kin_hue", "kin_hue_usual", "kin_hue_mean", "kin_hue_mean_usual", "kin_hue_levels",
    "kin_hue_levels_usual", "kin_coloured", "kin_light", "kin_light_usual", "kin_tint", "kin_tint_usual",
    "moved", "moved_usual",
)  # fmt: skip
"""What the trees are trained on: faults, and from "depth" on what they must be read with."""
UNSEEN = {"step": 1.0, "rim": 0.7, "grain": 0.25}
"""What a fill of another make than the truth may show of a fault without anybody seeing it."""
SPOKEN = 3
"""How many of the figures that weigh most are recorded."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``evidence``: log-odds that a fill is bad, from all its figures by boosted trees, in the worst patch.

    The figures are those of the gates ``seam``, ``fill_texture``, ``colour_shift``, ``repeated_texture`` and
    ``text_residue``, and what each surface under the mask differs by from its like outside (colour, hue, light, grain,
    a tint of the ink), read with the depth of the hole and the sort of its surroundings. The three that weigh
    most are recorded as ``evidence_of_<figure>``, with what they add to the sum. Gradient boosting after
    Friedman, 2001; shares of the sum along each tree's path after Saabas, "Interpreting random forests", 2014.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    if not edit.fills:
        return {"evidence": _forest()["prior"]}
    shares = max(map(weighed, edit.fills), key=lambda shares: sum(shares.values()))
    spoken = sorted((name for name in shares if name), key=lambda name: -shares[name])[:SPOKEN]
    named = {f"evidence_of_{name.replace('-', 'less_')}": shares[name] for name in spoken if shares[name] > 0}
    return {"evidence": sum(shares.values())} | named


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
    """The figures as the trees take them, in the order of :data:`FIGURES`."""
    values = {name: figures.get(name, 0.0) for name in FIGURES}
    return list(
        (values | {name: max(0.0, values[name] - unseen) for name, unseen in UNSEEN.items()}).values()
    )


@cache
def _forest() -> dict[str, Any]:
    forest: dict[str, Any] = json.loads(TREES.read_text("utf-8"))
    return forest


def where(edit: Edit) -> Box | None:
    sums = [sum(weighed(figures).values()) for figures in edit.fills]
    return edit.patches[sums.index(max(sums))].box if sums else None


GATE = Gate(
    name="fill_evidence",
    transforms=frozenset({"erase_text"}),
    limits={"evidence": Limit(at_most=_forest()["limit"])},
    measure=measure,
    where=where,
)
