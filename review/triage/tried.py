"""A set of changes with what it makes of the sample."""

from dataclasses import dataclass

from line.recipe import Recipe
from review.triage.cases import Stop
from review.triage.changes import Change, Kind


@dataclass(frozen=True, slots=True)
class Tried:
    """A set of changes, tried on the sample.

    Attributes:
        fixed: how many of the failing images pass every step with it.
        past: how many get past the step at which they had stopped.
        still_passing: how many of those that passed still do.
        stops: where the others stop, and why, most frequent first.
    """

    changes: tuple[Change, ...]
    recipe: Recipe
    fixed: int
    past: int
    still_passing: int
    stops: tuple[tuple[Stop, int], ...]

    @property
    def size(self) -> tuple[int, ...]:
        """For comparison: fewer changes first, then those that are offered first."""
        return len(self.changes), *sorted(change.kind for change in self.changes)

    @property
    def is_return(self) -> bool:
        """Whether every change brings back a value of the line or of an earlier batch."""
        return all(change.is_return for change in self.changes)

    @property
    def is_new_choice(self) -> bool:
        """Whether a change is a choice that the recipe did not make: another model, other rules."""
        return any(change.kind > Kind.LIMIT for change in self.changes)

    @property
    def asked(self) -> int:
        """How many of the failing images a policy stops with it, so that a person is asked."""
        return sum(count for stop, count in self.stops if stop.asks)
