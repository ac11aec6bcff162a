"""A match of two models in one sentence, which claims nothing that chance may have done."""

import math

import numpy as np

from review.experiments.comparison import Match
from review.experiments.statistics import FEWEST, SURE


def reading(found: Match) -> str:
    """The matrix in one sentence, which claims nothing that chance may have done."""
    one, other = found.first, found.second
    if len(found.names) < FEWEST:
        return f"{len(found.names)} pictures tell too little of {one.model} and {other.model}: give at least {FEWEST}."
    parts = [_on_quality(found), _on_flags(found), _on_time(found)]
    sentence = "; ".join(part for part in parts if part)
    return f"On these {len(found.names)} pictures {sentence}."


def _on_quality(found: Match) -> str:
    one, other = found.both("distance")
    if not found.knows_truth or not one:
        return "no original is known to be closer to, so look at both (--out)"
    difference = found.difference("distance")
    if math.isinf(difference.low):
        return f"only {len(one)} can be held against an original, too few to tell"
    means = float(np.mean(one)), float(np.mean(other))
    if not difference.is_clear:
        return f"neither comes closer to the original beyond chance ({means[0]:.4f} and {means[1]:.4f})"
    closer = found.first.model if difference.mean > 0 else found.second.model
    return f"{closer} comes closer to the original ({min(means):.4f} against {max(means):.4f})"


def _on_flags(found: Match) -> str:
    one, other = found.first.flagged(), found.second.flagged()
    if one == other:
        return f"the gates flag {one or 'none'} of either"
    if found.flags_differ() >= SURE:
        return f"the gates flag {one} and {other} of them, which may be chance"
    fewer = found.first.model if one < other else found.second.model
    return f"{fewer} is flagged less ({min(one, other)} against {max(one, other)})"


def _on_time(found: Match) -> str:
    slower = found.slower()
    if not (found.first.seconds() and found.second.seconds()) or math.isinf(slower.low):
        return ""
    if not slower.is_clear:
        return "they take as long as each other"
    sides = (found.second, found.first) if slower.mean > 0 else (found.first, found.second)
    return f"{sides[0].model} takes {2 ** abs(slower.mean):.1f} times as long as {sides[1].model}"
