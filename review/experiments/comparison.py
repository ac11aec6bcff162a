"""Results of a comparison of two models: scores for each image, for each model, and for both together."""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from review.experiments.perceptual import Distance
from review.experiments.statistics import Difference, paired, sign_test


@dataclass(frozen=True, slots=True)
class ImageScore:
    """Result of one model for one picture.

    Attributes:
        verdict: verdict of the gates, ``pass`` or a flag.
        reasons: codes of the limits that the result breaks.
        seconds: duration of the step.
        left_alone: whether the step returned the picture unchanged.
        looks: hue, fine, contrast and distance from the original or, without one, from the input; empty if nothing
            can be compared.
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
class ModelScore:
    """Results of one of the two models.

    Attributes:
        shots: the results, in the order of the pictures.
        peak: measured peak of memory (MB); None if the system does not provide it.
        declared: memory declared for the largest of the pictures (MB).
        cost_per_second: cost of the device in the currency of ``[costs]``; 0 if none is set.
    """

    model: str
    revision: str
    shots: list[ImageScore] = field(default_factory=list)
    peak: float | None = None
    declared: float = 0.0
    cost_per_second: float = 0.0

    def seconds(self) -> list[float]:
        return [shot.seconds for shot in self.shots if not shot.left_alone]

    def flagged(self) -> int:
        return sum(shot.flagged for shot in self.shots)

    def reasons(self) -> dict[str, int]:
        """Number of pictures that break each limit, most frequent first."""
        return dict(Counter(reason for shot in self.shots for reason in shot.reasons).most_common())

    def cost_per_thousand(self) -> float | None:
        """Cost of 1,000 pictures in the currency of ``[costs]``; None if no cost is set for the device."""
        rate, seconds = self.cost_per_second, self.seconds()
        return 1000 * rate * float(np.mean(seconds)) if rate and seconds else None


@dataclass(frozen=True, slots=True)
class Match:
    """Results of both models on all pictures.

    Attributes:
        between: style differences of the second result from the first, for each picture with two results.
        distance: the distance measure used.
        against: description of the reference for the models' ``looks``.
        knows_truth: whether the reference is the original, so that closer is better.
        drawn: number of pictures without a mask file, for which a mask was drawn.
    """

    transform: str
    names: tuple[str, ...]
    first: ModelScore
    second: ModelScore
    between: tuple[dict[str, float], ...]
    distance: Distance
    against: str
    knows_truth: bool
    drawn: int = 0

    def both(self, measure: str) -> tuple[list[float], list[float]]:
        """Values of one measure for both models, over the pictures with two results."""
        pairs = [
            (one.looks[measure], other.looks[measure])
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
            if measure in one.looks and measure in other.looks
        ]
        return [one for one, _ in pairs], [other for _, other in pairs]

    def difference(self, measure: str) -> Difference:
        """Second minus first, over the pictures with two results."""
        return paired(*self.both(measure))

    def slower(self) -> Difference:
        """log2 of the second model's time over that of the first."""
        pairs = [
            (math.log2(one.seconds), math.log2(other.seconds))
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
            if not (one.left_alone or other.left_alone) and one.seconds > 0 and other.seconds > 0
        ]
        return paired([one for one, _ in pairs], [other for _, other in pairs])

    def flags_differ(self) -> float:
        """p-value of the difference in flags (:func:`sign_test`)."""
        pairs = [
            (one.flagged, other.flagged)
            for one, other in zip(self.first.shots, self.second.shots, strict=True)
        ]
        return sign_test(pairs.count((True, False)), pairs.count((False, True)))
