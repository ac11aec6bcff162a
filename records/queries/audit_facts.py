"""What the audit reads from the records: models in use, decisions without a name, kept inputs of steps."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from line.states import BatchState
from records.tables import batches, events, recipes, steps

UNNAMED_ACTORS = ("person", "person:", "person:root", "person:sluice")
"""Actors of people's decisions that name no person."""
RECENT_DECISIONS = 5_000
"""Maximum number of the newest events that are looked through for people's decisions."""
SAMPLED_STEPS = 25
"""Maximum number of steps of recent batches whose kept inputs are looked for."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Recent moves of images by people, and those among them without a person's name."""

    total: int
    nameless: int


def models_in_use(connection: sa.Connection) -> dict[str, Mapping[str, str]]:
    """Model by transform in the newest finished batch of each recipe name."""
    newest = (
        sa.select(recipes.c.name, sa.func.max(batches.c.id).label("batch_id"))
        .join(batches, batches.c.recipe == recipes.c.digest)
        .where(batches.c.state == BatchState.DONE)
        .group_by(recipes.c.name)
        .subquery()
    )
    used = (
        sa.select(newest.c.name, steps.c.transform, steps.c.model)
        .join(steps, steps.c.batch_id == newest.c.batch_id)
        .where(steps.c.model.is_not(None))
        .distinct()
        .order_by(newest.c.name, steps.c.transform, steps.c.model)
    )
    models: dict[str, dict[str, str]] = {}
    for row in connection.execute(used):
        models.setdefault(row.name, {})[row.transform] = row.model
    return dict(models)


def decisions(connection: sa.Connection) -> Decisions:
    """People's decisions among the newest events."""
    newest = sa.select(events.c.actor).order_by(events.c.id.desc()).limit(RECENT_DECISIONS).subquery()
    row = connection.execute(
        sa.select(
            sa.func.count().label("total"),
            sa.func.count().filter(newest.c.actor.in_(UNNAMED_ACTORS)).label("nameless"),
        ).where(newest.c.actor.startswith("person"))
    ).one()
    return Decisions(row.total, row.nameless)


def recent_inputs(connection: sa.Connection) -> list[str]:
    """Keys of inputs of the newest steps of finished batches, without repetitions."""
    query = (
        sa.select(steps.c.input)
        .join(batches, batches.c.id == steps.c.batch_id)
        .where(batches.c.state == BatchState.DONE, steps.c.input.is_not(None))
        .order_by(steps.c.id.desc())
        .limit(SAMPLED_STEPS)
    )
    return list(dict.fromkeys(connection.scalars(query)))
