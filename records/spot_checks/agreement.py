"""How well reviewers agree with each other, and with pictures whose quality is settled. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers' judgements of the same pictures.

    Attributes:
        pairs: pictures that both judged.
        agreed: share on which they agree (0..1); None without pairs.
        kappa: Cohen's kappa (Cohen 1960): 1 for full agreement, 0 for as much as chance gives; None where chance alone
            gives full agreement, as where both call every picture good.
    """

    pairs: int
    agreed: float | None
    kappa: float | None


def agreement(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Agreement of (first says bad, second says bad)."""
    listed = list(pairs)
    if not listed:
        return Agreement(0, None, None)
    count = len(listed)
    agreed = sum(first == second for first, second in listed) / count
    first_bad, second_bad = (sum(column) / count for column in zip(*listed, strict=True))
    by_chance = first_bad * second_bad + (1 - first_bad) * (1 - second_bad)
    kappa = None if by_chance >= 1 else (agreed - by_chance) / (1 - by_chance)
    return Agreement(count, agreed, kappa)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A reviewer's judgements of controls: pictures that are certainly good or certainly bad.

    Attributes:
        bad, good: controls of each kind that were judged.
        caught: bad ones that were judged as bad.
        passed: good ones that were judged as good.
    """

    bad: int = 0
    caught: int = 0
    good: int = 0
    passed: int = 0

    @property
    def sensitivity(self) -> float | None:
        """Share of the bad ones that were judged as bad (0..1); None without any."""
        return self.caught / self.bad if self.bad else None

    @property
    def specificity(self) -> float | None:
        """Share of the good ones that were judged as good (0..1); None without any."""
        return self.passed / self.good if self.good else None
