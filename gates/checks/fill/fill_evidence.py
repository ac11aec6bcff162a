"""Small faults of one fill add up: one alone may be chance, many together are an artifact."""

import json
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

MODEL = Path(__file__).with_name("fill_evidence.onnx")
"""Gradient-boosted trees, written by ``python -m training.gates.train``."""
CALIBRATION = Path(__file__).with_name("fill_evidence.json")
"""The limit of the log-odds, and the typical value of each figure in a good fill; written with the model."""
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
"""The figures that the trees are trained on, in the order of the model's input."""
MAX_CONTRIBUTIONS = 3
"""Maximum number of contributing figures that are recorded."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``evidence``: log-odds that the worst fill is bad, estimated by boosted trees from all its figures.

    The figures are: those of the gates ``repeated_texture`` and ``text_residue``, and the smeared area; the
    differences between each filled pixel and its most similar pixel outside (colour, hue, light, grain, a tint of
    the ink); means over cells along the fill's edge (steps, tints, lines, turns of hue); and the depth of the hole
    and the texture of its surroundings. The three figures that contribute most are recorded as
    ``evidence_of_<figure>``: the fall of the log-odds if that figure alone had the value of a typical good fill.
    Gradient boosting after Friedman, "Greedy function approximation", 2001; contributions by occlusion after
    Robnik-Šikonja and Kononenko, "Explaining classifications for individual instances", 2008.
    """
    if edit.mask is None or not edit.same_size:
        return {}
    fills = [figures for _, figures in _filled(edit)]
    if not fills:
        return {"evidence": log_odds(typical())}
    worst = max(fills, key=log_odds)
    parts = contributions(worst)
    largest = sorted(parts, key=lambda name: -parts[name])[:MAX_CONTRIBUTIONS]
    named = {f"evidence_of_{name.replace('-', 'less_')}": parts[name] for name in largest if parts[name] > 0}
    return {"evidence": log_odds(worst)} | named


def log_odds(figures: Figures) -> float:
    """Log-odds that one fill is bad; 0 is as likely good as bad."""
    return float(_predicted(np.array([values_of(figures)]))[0])


def contributions(figures: Figures) -> dict[str, float]:
    """By how much the log-odds fall when one figure alone is set to its value in a typical good fill."""
    values = np.array(values_of(figures))
    replaced = np.tile(values, (len(FIGURES), 1))
    np.fill_diagonal(replaced, values_of(typical()))
    predicted = _predicted(np.vstack([values, replaced]))
    return dict(zip(FIGURES, (predicted[0] - predicted[1:]).tolist(), strict=True))


def values_of(figures: Figures) -> list[float]:
    """The figures in the order of :data:`FIGURES`; 0 where one is missing."""
    return [figures.get(name, 0.0) for name in FIGURES]


def typical() -> dict[str, float]:
    """The median of each figure over good fills."""
    values: dict[str, float] = _calibration()["typical"]
    return values


def _predicted(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """[N] log-odds of [N, figures] values."""
    (odds,) = _session().run(None, {"figures": values.astype(np.float32)})
    return np.asarray(odds, np.float32)[:, 0]


@cache
def _calibration() -> dict[str, Any]:
    calibration: dict[str, Any] = json.loads(CALIBRATION.read_text("utf-8"))
    return calibration


@cache
def _session() -> Any:
    # imported here: processes that only list the gates and their limits need no runtime
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(MODEL.read_bytes(), options, providers=["CPUExecutionProvider"])


def where(edit: Edit) -> Box | None:
    worst = max(_filled(edit), key=lambda one: log_odds(one[1]), default=None)
    return worst[0].box if worst else None


def _filled(edit: Edit) -> list[tuple[Patch, Figures]]:
    """The areas where anything was changed: what was left as it was is no fill, and text there is another gate's."""
    return [pair for pair in zip(edit.patches, edit.fills, strict=True) if pair[0].change.any()]


GATE = Gate(
    name="fill_evidence",
    transforms=frozenset({"erase_text"}),
    limits={"evidence": Limit(at_most=_calibration()["limit"])},
    measure=measure,
    where=where,
)
