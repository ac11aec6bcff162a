"""What each slot holds, since when, by whom and why; and the recipes whose slots are filled with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from line.errors import InputError
from line.recipe import SLOT_MARK, Recipe, Step
from records.slots.tables import slot_changes

_LOCK: Final = "slots"
"""Name of the advisory lock under which slots are changed."""


class SlotError(InputError):
    """Raised when a slot is empty, holds a model of another task, or cannot be changed as asked."""


class Evidence(StrEnum):
    """What speaks for a change of a slot."""

    FIRST = "first"
    """The slot was empty, so nothing was switched."""
    MATCH = "match"
    ROLLOUT = "rollout"
    UNSAFE = "unsafe"
    """Nothing: a person insisted."""


@dataclass(frozen=True, slots=True)
class Content:
    """A model as a slot is to hold it.

    Attributes:
        task: of the model.
        revision: of the model, as it is now.
        options: of the model, with its defaults written out.
    """

    task: str
    model: str
    revision: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a slot is changed.

    Attributes:
        person: who changes it, as in ``events.actor``.
        evidence_id: of the match or rollout.
    """

    person: str
    why: str
    evidence: Evidence
    evidence_id: int | None = None

    def __str__(self) -> str:
        return f"{self.evidence} {self.evidence_id}" if self.evidence_id is not None else str(self.evidence)


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded change of a slot.

    Attributes:
        is_revert: it took the previous change back; the evidence is that of what the slot holds again.
    """

    id: int
    slot: str
    content: Content
    reason: Reason
    is_revert: bool
    at: datetime


def lock(connection: sa.Connection) -> None:
    """Until the transaction ends nobody else changes a slot."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(_LOCK))))


def history(connection: sa.Connection, slot: str | None = None) -> list[Change]:
    """Changes of one slot or of all, oldest first."""
    query = sa.select(slot_changes).order_by(slot_changes.c.id)
    if slot is not None:
        query = query.where(slot_changes.c.slot == slot)
    return [_change(row) for row in connection.execute(query)]


def current(connection: sa.Connection) -> dict[str, Change]:
    """The newest change of each slot, by its name."""
    newest = sa.select(slot_changes).ext(distinct_on(slot_changes.c.slot))
    rows = connection.execute(newest.order_by(slot_changes.c.slot, slot_changes.c.id.desc()))
    return {row.slot: _change(row) for row in rows}


def put(connection: sa.Connection, slot: str, content: Content, reason: Reason) -> None:
    """Let a slot hold a model. Batches that were taken before keep theirs.

    The caller has weighed the evidence; a promotion of a rollout names itself as evidence here.

    Raises:
        SlotError: the slot holds this model already, or one for another task.
    """
    lock(connection)
    held = current(connection).get(slot)
    if held is not None and held.content.task != content.task:
        raise SlotError(
            f"slot {slot} is for {held.content.task}, and {content.model} is a model for {content.task}; "
            "use a slot with another name"
        )
    if held is not None and held.content == content:
        raise SlotError(f"slot {slot} holds {content.model} (revision {content.revision}) already")
    _insert(connection, slot, content, reason, is_revert=False)


def before_last(changes: Sequence[Change]) -> Change | None:
    """The change to which a revert goes back; None where there is none.

    Each revert undoes the newest change that was not undone yet, so two reverts go back two steps.
    """
    remaining = standing(changes)
    return remaining[-2] if len(remaining) > 1 else None


def standing(changes: Sequence[Change]) -> list[Change]:
    """The changes of one slot that no revert undid, oldest first."""
    left: list[Change] = []
    for change in changes:
        if change.is_revert:
            left.pop()
        else:
            left.append(change)
    return left


def reverted_rollouts(changes: Sequence[Change]) -> frozenset[int]:
    """Rollouts that were promoted into a slot, and that a revert took out again."""
    put_in, left = (
        {change.reason.evidence_id for change in some if change.reason.evidence is Evidence.ROLLOUT}
        for some in ([change for change in changes if not change.is_revert], standing(changes))
    )
    return frozenset(number for number in put_in - left if number is not None)


def take_back(connection: sa.Connection, slot: str, *, person: str, why: str) -> tuple[Change, Change]:
    """Let a slot hold what it held before the last change that still stands.

    Returns:
        The change that was undone, as it stood, and the one whose content the slot holds again.

    Raises:
        SlotError: the slot does not exist, or holds its first model.
    """
    lock(connection)
    changes = history(connection, slot)
    if not changes:
        raise SlotError(f"there is no slot {slot}; `sluice slots` lists them")
    earlier = before_last(changes)
    if earlier is None:
        model = changes[-1].content.model
        raise SlotError(f"slot {slot} holds {model}, its first model: there is nothing to go back to")
    reason = Reason(person, why, earlier.reason.evidence, earlier.reason.evidence_id)
    _insert(connection, slot, earlier.content, reason, is_revert=True)
    return changes[-1], earlier


def resolve(connection: sa.Connection, recipe: Recipe, tasks: Mapping[str, str | None]) -> Recipe:
    """The recipe with the models that its slots hold now, each beside the name of its slot.

    Args:
        tasks: task of the models of each transform, by its name.

    Raises:
        SlotError: a slot is empty, or holds a model for another task than its step has.
    """
    if all(step.unfilled_slot is None for step in recipe.steps):
        return recipe
    held = current(connection)
    return with_steps(recipe, (_filled(step, held, tasks.get(step.transform)) for step in recipe.steps))


def with_content(recipe: Recipe, slot: str, content: Content) -> Recipe:
    """A resolved recipe with another model in each step that a slot names."""
    return with_steps(
        recipe,
        (_holding(step, slot, content) if step.slot == slot else step for step in recipe.steps),
    )


def with_steps(recipe: Recipe, steps: Iterable[Step]) -> Recipe:
    """A copy of a recipe with other steps, and a digest of its own."""
    fields = {name: getattr(recipe, name) for name in type(recipe).model_fields}
    return type(recipe)(**fields | {"steps": tuple(steps)})


def _filled(step: Step, held: Mapping[str, Change], task: str | None) -> Step:
    slot = step.unfilled_slot
    if slot is None:
        return step
    if slot not in held:
        raise SlotError(
            f"step {step.transform}: slot {SLOT_MARK}{slot} holds no model; set one: sluice slots set {slot} MODEL"
        )
    content = held[slot].content
    if content.task != task:
        raise SlotError(
            f"step {step.transform} needs a model for {task}, and slot {SLOT_MARK}{slot} holds {content.model}, "
            f"a model for {content.task}"
        )
    return _holding(step, slot, content)


def _holding(step: Step, slot: str, content: Content) -> Step:
    return step.model_copy(update={"model": content.model, "options": dict(content.options), "slot": slot})


def _insert(
    connection: sa.Connection, slot: str, content: Content, reason: Reason, *, is_revert: bool
) -> None:
    connection.execute(
        sa.insert(slot_changes).values(
            slot=slot,
            task=content.task,
            model=content.model,
            revision=content.revision,
            options=dict(content.options),
            evidence=reason.evidence.value,
            evidence_id=reason.evidence_id,
            is_revert=is_revert,
            why=reason.why,
            person=reason.person,
        )
    )


def _change(row: sa.Row[Any]) -> Change:
    content = Content(row.task, row.model, row.revision, row.options)
    reason = Reason(row.person, row.why, Evidence(row.evidence), row.evidence_id)
    return Change(row.id, row.slot, content, reason, row.is_revert, row.at)
