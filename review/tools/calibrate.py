"""Limits proposed from good edits, for a wished rate of false flags."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gates.contract import Gate, GateError, Limit

Readings = Mapping[str, float]
FEWEST = 20
"""Fewer good edits than this say nothing of a rate of a few percent."""
SPARE = 0.05
"""Share of a reading's own middle spread by which a limit clears the last edit that it lets pass."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Limits and what they would have done to the edits they come from.

    Attributes:
        limits: by reading; readings with an exact limit (a count of at most 0) keep theirs.
        flagged: share of the given edits that these limits flag together.
        upper: 95 % upper bound of the rate to expect on others.
        edits: how many good edits were seen.
    """

    limits: Mapping[str, Limit]
    flagged: float
    upper: float
    edits: int


def propose(good: Sequence[Readings], gates: Iterable[Gate], rate: float = 0.02) -> Proposal:
    """The tightest limits that together flag at most ``rate`` of the good edits.

    Every reading is cut at the same share of its own worst edits, and that share is raised until
    the union of what they flag reaches ``rate``; so no one reading pays for the others.

    Args:
        good: the readings of each good edit.
        gates: those whose limits are wanted; each limit keeps its direction.
        rate: wished share of good edits flagged, 0..1.

    Raises:
        GateError: too few edits, or a rate out of range.
    """
    if len(good) < FEWEST:
        raise GateError(f"{len(good)} good edits are too few to calibrate on: give at least {FEWEST}")
    if not 0 <= rate < 1:
        raise GateError(f"a false-flag rate is a share from 0 to 1, not {rate:g}")
    own = {name: limit for gate in gates for name, limit in gate.limits.items() if limit.decides}
    open_ = {name: limit for name, limit in own.items() if not _exact(limit)}
    best = _cut(good, open_, 0)
    for spent in range(1, len(good)):
        tried = _cut(good, open_, spent)
        if _flagged(good, tried) > rate:
            break
        best = tried
    limits = own | best
    flagged = _flagged(good, limits)
    return Proposal(limits, flagged, _upper(flagged, len(good)), len(good))


def _exact(limit: Limit) -> bool:
    return limit.at_least is None and limit.at_most == 0


def _cut(good: Sequence[Readings], own: Mapping[str, Limit], spent: int) -> dict[str, Limit]:
    """Limits that let all but the ``spent`` worst of each reading pass, at each end that is limited."""
    found = {}
    for name, limit in own.items():
        values = np.sort([readings[name] for readings in good if name in readings])
        if not len(values):
            continue
        last = min(spent, len(values) - 1)
        spare = SPARE * float(np.subtract(*np.percentile(values, (95, 5))))
        low = None if limit.at_least is None else float(values[last]) - spare
        high = None if limit.at_most is None else float(values[-1 - last]) + spare
        found[name] = Limit(at_least=low, at_most=high)
    return found


def _flagged(good: Sequence[Readings], limits: Mapping[str, Limit]) -> float:
    broken = [
        any(name in readings and not limit.holds(readings[name]) for name, limit in limits.items())
        for readings in good
    ]
    return sum(broken) / len(broken)


def _upper(share: float, count: int) -> float:
    """Wilson's upper bound of a share at 95 % (one-sided), "Probable inference", 1927."""
    z = 1.645
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)
