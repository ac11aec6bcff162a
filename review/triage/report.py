"""Triage of one batch: halt, sample, diagnosis, and what it offers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import sqlalchemy as sa

from line.recipe import Recipe
from line.states import BatchState
from records import batches, recipes
from records.batches import Batch
from records.history import failures
from records.history.failures import StoppedImage
from review.triage.cases import Case, cases_of
from review.triage.changes import Change, Kind, changes_to, opened_limits
from review.triage.diagnosis import Diagnosis, Progress, Search, step_at_fault
from review.triage.promoted import Promotions
from review.triage.sample import stratified, stratum_of
from tasks.context import Context

MAX_CONTROLS: Final = 6
"""Maximum images that passed and are tried as well."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A limit that the recipe opened, and the images that passed only because of it."""

    change: Change
    passed: int
    of: int


@dataclass(frozen=True, slots=True)
class Triage:
    """What triage found out about a batch.

    Attributes:
        batch: as it stands now.
        was_halted: it was running, and was halted for this.
        reasons: stopped images by step and reason, most frequent first; those in the sample are artifacts and failures
            where there are any, else policy flags.
        at_fault: position of the step to look at; None where no image stopped.
        fix: digest of the recipe with the smallest change, which was recorded; None where no change helps, or where
            the change is not one of the recipe.
        rollbacks: rollouts whose promoted candidate is at fault; rolling them back is part of the change.
        expected_rate: artifact rate that the sample lets expect with it, of all judged images.
    """

    batch: Batch
    recipe: Recipe
    was_halted: bool
    reasons: tuple[tuple[str, int], ...]
    sample: tuple[StoppedImage, ...]
    diagnosis: Diagnosis | None
    openings: tuple[Opening, ...]
    at_fault: int | None
    fix: str | None
    expected_rate: float | None
    rollbacks: tuple[int, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of the fix."""
        if self.diagnosis is not None and self.diagnosis.best is not None:
            return self.diagnosis.best.changes
        return tuple(opening.change for opening in self.openings) if self.diagnosis is None else ()


def triage(context: Context, batch_id: int, *, person: str, size: int, progress: Progress) -> Triage:
    """Halt a batch, and look for the step at fault and the smallest change that would have passed.

    Args:
        context: with records, pinned to its device.
        size: images of the sample that stopped.
        progress: called with what is being tried.

    Raises:
        InputError: there is no such batch.
        ModelError: a model of its recipe is not ready on this machine.
    """
    transact = context.database.transact
    was_halted = transact(
        partial(batches.halt, batch_id=batch_id, reason=f"triage by {person}"), actor=person
    )
    batch = transact(partial(batches.get, batch_id=batch_id))
    recorded = transact(partial(_recipe_of, batch=batch))
    promotions = Promotions(context)
    recipe = promotions.applied(recorded)
    stopped = transact(partial(failures.stopped, batch_id=batch_id))
    faulty = [image for image in stopped if image.is_artifact or image.reason == "transform_error"]
    chosen = stratified(faulty or stopped, size)
    openings = _openings(context, batch_id, recipe)
    reasons = Counter(stratum_of(image)[1] for image in stopped).most_common()
    diagnosis, at_fault = None, openings[0].change.position if openings else None
    if chosen:
        failing = cases_of(context, recipe, chosen)
        returns = _rollbacks(recorded, promotions) + _earlier_values(context, batch, recipe)
        controls = _controls(context, batch_id, recipe, failing)
        search = Search(context, recipe, failing, controls, progress, returns)
        diagnosis = search.diagnose()
        at_fault = step_at_fault(diagnosis, failing)
    result = Triage(
        batch, recipe, was_halted, tuple(reasons), tuple(chosen), diagnosis, openings, at_fault, None, None
    )
    return _with_fix(context, recorded, result)


def _rollbacks(recorded: Recipe, promotions: Promotions) -> list[Change]:
    """A change for each step that runs a promoted candidate, back to the model that it replaced."""
    return [
        Change(position, rollout.step, Kind.MODEL, "model", rollout.candidate, rollout.incumbent, rollout.id)
        for position, rollout in promotions.of(recorded).items()
    ]


def _earlier_values(context: Context, batch: Batch, recipe: Recipe) -> list[Change]:
    """Changes back to the recipe of the last batch that is done by another recipe of this name."""
    earlier = context.database.transact(
        partial(failures.earlier_recipe, batch_id=batch.id, name=recipe.name, digest=batch.recipe)
    )
    return changes_to(recipe, earlier, context) if earlier is not None else []


def _recipe_of(connection: sa.Connection, batch: Batch) -> Recipe:
    """The recipe that new shards of the batch run by."""
    in_effect = recipes.in_effect(connection, batch.id)
    return recipes.load(connection, in_effect.get((batch.id, batch.recipe), batch.recipe))


def _controls(context: Context, batch_id: int, recipe: Recipe, failing: Sequence[Case]) -> list[Case]:
    """Images that passed the step at which most of the failing ones stopped."""
    position = Counter(case.image.position for case in failing).most_common(1)[0][0]
    images = context.database.transact(partial(failures.passed, batch_id=batch_id, position=position))
    return cases_of(context, recipe, stratified(images, MAX_CONTROLS))


def _openings(context: Context, batch_id: int, recipe: Recipe) -> tuple[Opening, ...]:
    """Limits that the recipe opened, by the recorded readings of the images that passed."""
    openings = []
    for change in opened_limits(recipe):
        query = partial(failures.passed_readings, batch_id=batch_id, position=change.position)
        values = [
            readings.get(change.key.partition(".")[2]) for _, readings in context.database.transact(query)
        ]
        measured = [float(value) for value in values if value is not None]
        passed = sum(not change.after.holds(value) for value in measured)
        if passed:
            openings.append(Opening(change, passed, len(measured)))
    return tuple(openings)


def _with_fix(context: Context, recorded: Recipe, result: Triage) -> Triage:
    """The same with the corrected recipe recorded, and the artifact rate to expect with it."""
    if not result.changes:
        return result
    rollbacks = tuple(change.rollout for change in result.changes if change.rollout is not None)
    recipe = recorded
    for change in result.changes:
        recipe = change.apply(recipe, context) if change.rollout is None else recipe
    digest = None
    if recipe.digest != recorded.digest:
        digest = context.database.transact(partial(recipes.save, recipe=recipe))
    rate = None
    if result.diagnosis is not None and result.diagnosis.best is not None:
        before = result.batch.counts.rate
        best = result.diagnosis.best
        rate = before * (1 - (best.fixed + best.asked) / result.diagnosis.failing)
    return replace(result, fix=digest, expected_rate=rate, rollbacks=rollbacks)


def is_resumable(batch: Batch) -> bool:
    """Whether the batch is halted, so that it goes on through a probe."""
    return batch.state is BatchState.HALTED
