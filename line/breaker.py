"""Rules of the circuit breaker (Nygard, Release It!, 2007): pure functions over counts."""

from dataclasses import dataclass
from enum import StrEnum

from line.states import BatchState


class Breaker(StrEnum):
    """State of a batch's breaker."""

    CLOSED = "closed"
    TRIPPED = "tripped"
    PROBING = "probing"


BREAKER_OF = {
    BatchState.RUNNING: Breaker.CLOSED,
    BatchState.DONE: Breaker.CLOSED,
    BatchState.HALTED: Breaker.TRIPPED,
    BatchState.PROBING: Breaker.PROBING,
}
"""The breaker of a batch by the batch's state."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Images judged since the breaker last closed, and those among them flagged for an artifact."""

    judged: int = 0
    artifacts: int = 0

    @property
    def rate(self) -> float:
        """Artifact rate, 0..1; 0 if no image was judged."""
        return self.artifacts / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """When to trip: a rate above ``threshold`` (0..1) once ``min_judged`` images were judged."""

    threshold: float = 0.15
    min_judged: int = 40


def after_judging(breaker: Breaker, counts: Counts, rule: Rule) -> Breaker:
    """The breaker's state after some verdicts; only a closed one trips on counts."""
    if breaker is Breaker.CLOSED and counts.judged >= rule.min_judged and counts.rate > rule.threshold:
        return Breaker.TRIPPED
    return breaker


def after_probe(counts: Counts, rule: Rule) -> Breaker:
    """The breaker's state after a complete probe: closed if the artifact rate is within the threshold.

    The breaker keeps probing if no image of the probe was judged.
    """
    if not counts.judged:
        return Breaker.PROBING
    return Breaker.TRIPPED if counts.rate > rule.threshold else Breaker.CLOSED
