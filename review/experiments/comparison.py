"""What came of a match of two models: each picture's shot, each model's side, both together."""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from review.experiments.perceptual import Distance
from review.experiments.statistics import Difference, paired, sign_test


@dataclass(frozen=True, slots=True)
class Shot:
    """What one model made of one picture.

    Attributes:
        left_alone: the step gave it back as it was.
        looks: hue, fine, contrast and distance against the original where it is known, against what was
            given else; empty where there is nothing to compare.
    """

    verdict: str
    reasons: tuple[str, ...]
    seconds: float
    left_alone: bool
    looks: dict[str, float] = field(default_factory=dict)

    @property
    def flagged(self) -> bool:
        return self.verdict != "pass"


@dataclass(slots=True)
class Side:
    """One of the two models.

    Attributes:
        peak: MB taken at most, measured; None where the system does not tell.
        declared: MB that it declares for the largest of these pictures.
        cost_per_second: of the device, in the currency of ``[costs]``; 0 where none is set.
    """

    model: str
    revision: str
    shots: list[Shot] = field(default_factory=list)
    peak: float | None = None
    declared: float = 0.0
    cost_per_second: float = 0.0

    def seconds(self) -> list[float]:
        return [shot.seconds for shot in self.shots if not shot.left_alone]

    def flagged(self) -> int:
        return sum(shot.flagged for shot in self.shots)

    def reasons(self) -> dict[str, int]:
        """How many pictures broke each limit, the most frequent first."""
        return dict(Counter(reason for shot in self.shots for reason in shot.reasons).most_common())

    def cost_per_thousand(self) -> float | None:
        """In the currency of ``[costs]``; None where no cost of this device is told."""
        rate, taken = self.cost_per_second, self.seconds()
        return 1000 * rate * float(np.mean(taken)) if rate and taken else None


@dataclass(frozen=True, slots=True)
class Match:
    """Both models on all pictures.

    Attributes:
        between: how the second's answer looks beside the first's, for each picture that both answered.
        distance: by what it was measured.
        against: what their looks are measured against, in words.
        knows_truth: whether that is the original, so that closer is better.
        drawn: pictures over which a mask was drawn, as none lies beside them.
    """

    transform: str
    names: tuple[str, ...]
    first: Side
    second: Side
    between: tuple[dict[str, float], ...]
    distance: Distance
    against: str
    knows_truth: bool
    drawn: int = 0

    def both(self, measure: str) -> tuple[list[float], list[float]]:
        """The measure of each picture that both models answered."""
        pairs = [
            (one.looks[measure], other.looks[measure])
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
            if measure in one.looks and measure in other.looks
        ]
        return [one for one, _ in pairs], [other for _, other in pairs]

    def difference(self, measure: str) -> Difference:
        """Second less first, over the pictures that both answered."""
        return paired(*self.both(measure))

    def slower(self) -> Difference:
        """log2 of the second's time over the first's."""
        pairs = [
            (math.log2(one.seconds), math.log2(other.seconds))
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
            if not (one.left_alone or other.left_alone) and one.seconds > 0 and other.seconds > 0
        ]
        return paired([one for one, _ in pairs], [other for _, other in pairs])

    def flags_differ(self) -> float:
        """Probability that chance alone parts their flags so unevenly."""
        pairs = [
            (one.flagged, other.flagged)
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
        ]
        return sign_test(pairs.count((True, False)), pairs.count((False, True)))
