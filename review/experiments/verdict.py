"""Summary of a comparison of two models in one sentence that claims significant differences only."""

import math

import numpy as np

from review.experiments.comparison import Match
from review.experiments.statistics import MIN_PAIRS, SIGNIFICANCE


def verdict_sentence(result: Match) -> str:
    """The result of a comparison in one sentence; it claims significant differences only."""
    one, other = result.first, result.second
    count = len(result.names)
    if count < MIN_PAIRS:
        return f"{count} pictures are too few to compare {one.model} and {other.model}: use at least {MIN_PAIRS}."
    parts = [_on_quality(result), _on_flags(result), _on_time(result)]
    sentence = "; ".join(part for part in parts if part)
    return f"On these {count} pictures {sentence}."


def worse_models(result: Match) -> tuple[str, ...]:
    """Models that are significantly farther from the original, or flagged significantly more often."""
    one, other = result.first, result.second
    worse: set[str] = set()
    difference = result.difference("distance")
    if result.knows_truth and result.both("distance")[0] and difference.is_clear:
        worse.add(other.model if difference.mean > 0 else one.model)
    if len(result.names) >= MIN_PAIRS and result.flags_differ() < SIGNIFICANCE:
        worse.add(other.model if other.flagged() > one.flagged() else one.model)
    return tuple(sorted(worse))


def _on_quality(result: Match) -> str:
    one, other = result.both("distance")
    if not result.knows_truth or not one:
        return "there is no original to compare with, so look at both results (--out)"
    difference = result.difference("distance")
    if math.isinf(difference.low):
        return f"only {len(one)} can be compared with an original, which is too few"
    means = float(np.mean(one)), float(np.mean(other))
    if not difference.is_clear:
        return f"neither is significantly closer to the original ({means[0]:.4f} and {means[1]:.4f})"
    closer = result.first.model if difference.mean > 0 else result.second.model
    return f"{closer} is closer to the original ({min(means):.4f} against {max(means):.4f})"


def _on_flags(result: Match) -> str:
    one, other = result.first.flagged(), result.second.flagged()
    if one == other:
        return f"the gates flag {one or 'none'} of each"
    if result.flags_differ() >= SIGNIFICANCE:
        return f"the gates flag {one} and {other} of them, which is not significant"
    fewer = result.first.model if one < other else result.second.model
    return f"{fewer} is flagged less often ({min(one, other)} against {max(one, other)})"


def _on_time(result: Match) -> str:
    slower = result.slower()
    if not (result.first.seconds() and result.second.seconds()) or math.isinf(slower.low):
        return ""
    if not slower.is_clear:
        return "they take equally long"
    sides = (result.second, result.first) if slower.mean > 0 else (result.first, result.second)
    return f"{sides[0].model} takes {2 ** abs(slower.mean):.1f} times as long as {sides[1].model}"
