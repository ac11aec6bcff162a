"""The search for the step at fault and the smallest change of the recipe by which the sample passes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from line.recipe import Recipe
from review.triage.cases import Case, Runner, Stop
from review.triage.changes import THUMBNAIL, Change, Kind, changes_of, lower_floor
from review.triage.tried import Tried
from tasks.context import Context

MIN_SHARE: Final = 0.5
"""Minimum share of the failing sample that a change must let pass to be offered."""
MIN_KEPT: Final = 0.9
"""Minimum share of the passing sample that must still pass."""
ALIKE_SHARE: Final = 0.9
"""Minimum share of what the best change fixes, for a smaller change to be preferred to it."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Alone:
    """One step, run again alone on the failing sample from its recorded inputs.

    Attributes:
        passed, failed: as they come out now.
        changed: how many came out otherwise than recorded.
    """

    position: int
    transform: str
    passed: int
    failed: int
    changed: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found on the sample.

    Attributes:
        alone: each step run alone.
        is_gone: the steps that failed pass now: the cause lay outside of the recipe, and is gone.
        best: the smallest change that lets the sample pass, or gets it past the step at which it stopped; None where
            no change does.
        tried: every change that was tried, best first.
    """

    failing: int
    controls: int
    alone: tuple[Alone, ...]
    is_gone: bool
    best: Tried | None
    tried: tuple[Tried, ...]


class Search:
    """Looks for a change by which the failing sample passes and the passing one still does."""

    def __init__(
        self,
        context: Context,
        recipe: Recipe,
        failing: Sequence[Case],
        controls: Sequence[Case],
        tell: Progress,
        returns: Sequence[Change] = (),
    ) -> None:
        self._context, self._recipe, self._tell = context, recipe, tell
        self._failing, self._controls, self._returns = failing, controls, returns
        self._runner = Runner(context)

    def diagnose(self) -> Diagnosis:
        """Run each step alone, then try changes: single ones first, then all together, made smaller."""
        alone = self._alone()
        if _is_gone(alone, self._failing):
            return self._diagnosis(alone, None, (), is_gone=True)
        upto = max(case.image.position for case in self._failing)
        changes = self._changes(upto)
        singles = self._ranked([self._try((change,)) for change in changes])
        best = next(iter(singles), None)
        if best is None or best.is_new_choice or best.fixed < ALIKE_SHARE * len(self._failing):
            together = self._minimised(singles)
            if together is not None and self._is_better(together, best):
                best = together
                singles.insert(0, together)
        if best is not None and not self._is_enough(best):
            best = self._first_of_several(singles)
        if best is not None and not self._is_enough(best):
            best = self._with_later_cause(best, upto)
        if best is None or best.is_new_choice:
            best = self._first_that_asks(singles) or best
        return self._diagnosis(alone, best, tuple(singles), is_gone=False)

    def _changes(self, upto: int) -> list[Change]:
        """What is tried, each once; what an earlier batch had or a rollout replaced before the line's own values."""
        returns = [change for change in self._returns if change.position <= upto]
        listed = returns + changes_of(self._recipe, self._context, upto) + self._floors()
        first: dict[tuple[int, str, str], Change] = {}
        for change in listed:
            first.setdefault((change.position, change.key, repr(change.after)), change)
        return list(first.values())

    def _diagnosis(
        self, alone: tuple[Alone, ...], best: Tried | None, tried: tuple[Tried, ...], *, is_gone: bool
    ) -> Diagnosis:
        return Diagnosis(len(self._failing), len(self._controls), alone, is_gone, best, tried)

    def _alone(self) -> tuple[Alone, ...]:
        rows = []
        for position, step in enumerate(self._recipe.steps):
            having = [case for case in self._failing if position in case.pasts]
            if not having:
                continue
            self._tell(f"{step.transform} alone")
            now = [stop is None for stop in self._runner.alone(having, position)]
            then = [case.pasts[position].verdict == "pass" for case in having]
            changed = sum(one != other for one, other in zip(now, then, strict=True))
            rows.append(Alone(position, step.transform, sum(now), len(now) - sum(now), changed))
        return tuple(rows)

    def _floors(self) -> list[Change]:
        """For photos below the floor of an enlargement: a floor that takes the smallest of the sample."""
        small = [case for case in self._failing if case.image.reason == THUMBNAIL]
        if not small:
            return []
        position = small[0].image.position
        sides = [max(case.pasts[position].image.facts.size()) for case in small]
        return [lower_floor(self._recipe, position, min(sides))]

    def _try(self, changes: tuple[Change, ...]) -> Tried:
        self._tell(" and ".join(change.key for change in changes))
        recipe = self._recipe
        for change in changes:
            recipe = change.apply(recipe, self._context)
        first = min(change.position for change in changes)
        stops = self._stops(self._failing, recipe, first)
        still_passes = [stop is None for stop in self._stops(self._controls, recipe, first)]
        if not all(still_passes):  # some of them would stop later without the change too
            anyway = self._stops(self._controls, self._recipe, first)
            still_passes = [
                passes or stop is not None for passes, stop in zip(still_passes, anyway, strict=True)
            ]
        counted = Counter(stop for stop in stops if stop is not None).most_common()
        past = sum(
            stop is None or stop.position > case.image.position
            for case, stop in zip(self._failing, stops, strict=True)
        )
        return Tried(changes, recipe, stops.count(None), past, sum(still_passes), tuple(counted))

    def _stops(self, cases: Sequence[Case], recipe: Recipe, first: int) -> list[Stop | None]:
        """Where cases stop with a recipe whose first changed step stands at ``first``."""
        starts = [case.start(first) for case in cases]
        running = [(case, start) for case, start in zip(cases, starts, strict=True) if start is not None]
        stops = iter(self._runner.through(running, recipe))
        return [
            # one that stopped before is not touched by the change
            Stop(case.image.position, case.image.reason) if start is None else next(stops)
            for case, start in zip(cases, starts, strict=True)
        ]

    def _minimised(self, singles: Sequence[Tried]) -> Tried | None:
        """All changes together without those that are not needed, the largest left out first."""
        changes = {
            (tried.changes[0].position, tried.changes[0].key): tried.changes[0]
            for tried in singles
            if tried.changes[0].kind is not Kind.OTHER_MODEL
        }
        if len(changes) < 2:
            return None
        current = self._try(tuple(changes.values()))
        for change in sorted(current.changes, key=lambda change: -change.kind):
            rest = tuple(other for other in current.changes if other != change)
            without = self._try(rest) if rest else None
            if (
                without is not None
                and without.fixed >= current.fixed
                and without.still_passing >= current.still_passing
            ):
                current = without
        return current

    def _is_enough(self, tried: Tried) -> bool:
        still_passing = tried.still_passing >= MIN_KEPT * len(self._controls)
        return still_passing and tried.fixed >= MIN_SHARE * len(self._failing)

    def _is_better(self, together: Tried, single: Tried | None) -> bool:
        """Whether several changes are offered in place of one: it is not enough, leaves a cause, or is a new choice."""
        if not self._is_enough(together):
            return False
        if single is None or not self._is_enough(single) or single.fixed < ALIKE_SHARE * together.fixed:
            return True
        # two values that the recipe has of its own come before a choice that no recipe made yet
        return together.is_return and single.is_new_choice and together.fixed >= ALIKE_SHARE * single.fixed

    def _first_of_several(self, tried: Sequence[Tried]) -> Tried | None:
        """Where no change is enough, the smallest that gets half of the images past the step at which they stopped.

        They then stop at a later step, for another cause.
        """
        passing = [
            each
            for each in tried
            if each.past >= MIN_SHARE * len(self._failing)
            and each.still_passing >= MIN_KEPT * len(self._controls)
        ]
        return min(passing, key=lambda each: (-each.fixed, each.size, -each.past), default=None)

    def _first_that_asks(self, singles: Sequence[Tried]) -> Tried | None:
        """The smallest return to an earlier value with which the images pass or a person is asked about them.

        It ends the artifacts, and comes before a choice that the recipe did not make.
        """
        ending = [
            each
            for each in singles
            if each.is_return
            and each.fixed + each.asked >= ALIKE_SHARE * len(self._failing)
            and each.still_passing >= MIN_KEPT * len(self._controls)
        ]
        return min(ending, key=lambda each: (-each.fixed, each.size), default=None)

    def _with_later_cause(self, best: Tried, upto: int) -> Tried:
        """The same with a change of a later step, where that lets the images pass that now stop there.

        Args:
            upto: position of the last step whose changes were tried.
        """
        reached = max((stop.position for stop, _ in best.stops), default=upto)
        further = [
            change for change in changes_of(self._recipe, self._context, reached) if change.position > upto
        ]
        tried = self._ranked([self._try((*best.changes, change)) for change in further])
        return tried[0] if tried and self._is_enough(tried[0]) else best

    def _ranked(self, tried: Sequence[Tried]) -> list[Tried]:
        """Best first: of those that let about as many pass as the best, the smallest change."""
        highest = max((each.fixed for each in tried if self._is_enough(each)), default=0)

        def key(each: Tried) -> tuple[bool, tuple[int, ...], int]:
            is_good = self._is_enough(each) and each.fixed >= ALIKE_SHARE * highest
            return not is_good, each.size if is_good else (), -each.fixed

        return sorted(tried, key=key)


def _is_gone(alone: Sequence[Alone], failing: Sequence[Case]) -> bool:
    """Whether at least half of the images pass the step now at which they stopped."""
    stopped = Counter(case.image.position for case in failing)
    failed_now = sum(row.failed for row in alone)
    return failed_now < (1 - MIN_SHARE) * sum(stopped.values())


def step_at_fault(diagnosis: Diagnosis, failing: Sequence[Case]) -> int:
    """Position of the step to look at: where the change is, else where most images stopped."""
    if diagnosis.best is not None:
        return min(diagnosis.best.changes, key=lambda change: change.position).position
    return Counter(case.image.position for case in failing).most_common(1)[0][0]


def needs_person(tried: Tried) -> bool:
    """Whether the change is a decision about the product, which the line does not make."""
    return any(change.kind is Kind.RULE for change in tried.changes)
