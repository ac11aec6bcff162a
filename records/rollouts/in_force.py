"""Which model a step runs now: the one that its recipe names, or a candidate that was promoted in its place."""

from dataclasses import dataclass

import sqlalchemy as sa

from line.states import TRYING, RolloutState
from records.rollouts.rollout import Rollout
from records.rollouts.tables import rollouts
from records.slots import contents
from records.slots.contents import Evidence


@dataclass(frozen=True, slots=True)
class ModelInForce:
    """Which model a step runs now.

    Attributes:
        model: the model that the recipe names, or the candidate that was promoted in its place.
        promoted: the rollout that put ``model`` there; None where the recipe did.
        trying: the rollout that compares ``model`` with a candidate; None where there is none.
    """

    model: str
    promoted: Rollout | None = None
    trying: Rollout | None = None


def in_force(connection: sa.Connection, step: str, model: str, slot: str | None = None) -> ModelInForce:
    """Which model a step runs whose recipe names ``model``.

    Promoted candidates take the place of what they were compared with, in the order in which they were promoted. A
    model that a slot holds because it was promoted counts as promoted; once it is rolled back the earlier one runs,
    whatever older batches have on record.

    Args:
        slot: the slot that holds ``model``; None where the recipe names the model itself.
    """
    promoted, reverted = None, frozenset[int]()
    if slot is not None:
        changes = contents.history(connection, slot)
        promoted, reverted = _of_slot(connection, changes, model), contents.reverted_rollouts(changes)
    if promoted is not None and promoted.state is not RolloutState.PROMOTED:
        model, promoted = promoted.incumbent, None
    query = (
        sa.select(rollouts)
        .where(rollouts.c.step == step, rollouts.c.state.in_([*TRYING, RolloutState.PROMOTED]))
        .order_by(rollouts.c.decided_at, rollouts.c.id)
    )
    there = [Rollout.from_row(row) for row in connection.execute(query)]
    for rollout in there:
        is_promoted = rollout.state is RolloutState.PROMOTED and rollout.id not in reverted
        if is_promoted and rollout.incumbent == model:
            model, promoted = rollout.candidate, rollout
    trying = next((each for each in there if each.state in TRYING and each.incumbent == model), None)
    return ModelInForce(model, promoted, trying)


def _of_slot(connection: sa.Connection, changes: list[contents.Change], model: str) -> Rollout | None:
    """The rollout by which a slot came to hold a model; None where a person or a match put it there."""
    newest = next((change for change in reversed(changes) if change.content.model == model), None)
    if newest is None or newest.reason.evidence is not Evidence.ROLLOUT:
        return None
    row = connection.execute(
        sa.select(rollouts).where(rollouts.c.id == newest.reason.evidence_id)
    ).one_or_none()
    return Rollout.from_row(row) if row else None
