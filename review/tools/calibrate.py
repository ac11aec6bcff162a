"""Limits proposed from good edits for a target rate of false flags."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gates.contract import Gate, GateError, Limit

Readings = Mapping[str, float]
MIN_EDITS = 20
"""Minimum number of good edits to estimate a rate of a few percent."""
SLACK = 0.05
"""Distance of a limit from the last passing edit, as a share of the reading's 5 % to 95 % range."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Proposed limits and their effect on the good edits.

    Attributes:
        limits: limits by reading; exact limits (a count of at most 0) are unchanged.
        flagged: share of the good edits that the limits flag.
        upper: 95 % upper bound of the false-flag rate.
        edits: number of good edits.
    """

    limits: Mapping[str, Limit]
    flagged: float
    upper: float
    edits: int


def propose(good: Sequence[Readings], gates: Iterable[Gate], rate: float = 0.02) -> Proposal:
    """The tightest limits that together flag at most ``rate`` of the good edits.

    Every limit excludes the same number of worst edits of its reading. That number grows until all limits together
    flag more than ``rate``, so that all readings share the false flags.

    Args:
        good: readings of each good edit.
        gates: gates whose limits are calibrated; each limit keeps its direction.
        rate: target share of flagged good edits, 0..1.

    Raises:
        GateError: there are too few edits, or the rate is out of range.
    """
    if len(good) < MIN_EDITS:
        raise GateError(f"{len(good)} good edits are too few to calibrate on: use at least {MIN_EDITS}")
    if not 0 <= rate < 1:
        raise GateError(f"the false-flag rate must be a share from 0 to 1, not {rate:g}")
    defaults = {name: limit for gate in gates for name, limit in gate.limits.items() if limit.decides}
    adjustable = {name: limit for name, limit in defaults.items() if not _exact(limit)}
    best = _limits(good, adjustable, 0)
    for excluded in range(1, len(good)):
        candidate = _limits(good, adjustable, excluded)
        if _flagged(good, candidate) > rate:
            break
        best = candidate
    limits = defaults | best
    flagged = _flagged(good, limits)
    return Proposal(limits, flagged, _upper(flagged, len(good)), len(good))


def _exact(limit: Limit) -> bool:
    return limit.at_least is None and limit.at_most == 0


def _limits(good: Sequence[Readings], defaults: Mapping[str, Limit], excluded: int) -> dict[str, Limit]:
    """Limits that exclude the ``excluded`` worst edits of each reading, at each end that has a limit."""
    limits = {}
    for name, limit in defaults.items():
        values = np.sort([readings[name] for readings in good if name in readings])
        if not len(values):
            continue
        last = min(excluded, len(values) - 1)
        slack = SLACK * float(np.subtract(*np.percentile(values, (95, 5))))
        low = None if limit.at_least is None else float(values[last]) - slack
        high = None if limit.at_most is None else float(values[-1 - last]) + slack
        limits[name] = Limit(at_least=low, at_most=high)
    return limits


def _flagged(good: Sequence[Readings], limits: Mapping[str, Limit]) -> float:
    broken = [
        any(name in readings and not limit.holds(readings[name]) for name, limit in limits.items())
        for readings in good
    ]
    return sum(broken) / len(broken)


def _upper(share: float, count: int) -> float:
    """One-sided 95 % upper bound of a share (Wilson, "Probable inference", 1927)."""
    z = 1.645
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)
