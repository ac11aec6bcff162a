"""What the report of a batch is made of: steps, reasons, people's time, worst images, and the batch before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import sqlalchemy as sa

from line.states import BatchState
from records.tables import batches, events, images, recipes, steps

MAX_THINKING: Final = timedelta(minutes=3)
"""Longest pause between two decisions of one person that counts as work on the second."""
FIRST_DECISION: Final = timedelta(seconds=20)
"""Time that a decision after a longer pause is counted with."""


@dataclass(frozen=True, slots=True)
class FaultCount:
    """Images of a batch that broke one limit after one transform."""

    transform: str
    reason: str
    images: int


@dataclass(frozen=True, slots=True)
class PeoplesTime:
    """Decisions of people on a batch's images, and about how long they took (minutes)."""

    decisions: int
    people: int
    minutes: float


@dataclass(frozen=True, slots=True)
class WorstImage:
    """An image with broken limits.

    Attributes:
        before, after: keys in the bucket of the pictures before and after the step; None where there is none.
    """

    image_id: int
    name: str
    transform: str
    reasons: tuple[str, ...]
    before: str | None
    after: str | None


def faults(connection: sa.Connection, batch_id: int) -> list[FaultCount]:
    """Broken limits by transform and reason, the most frequent first."""
    reason = sa.func.jsonb_array_elements(steps.c.reasons).table_valued("value").lateral("reason")
    code = reason.c.value.op("->>")("code").label("code")
    count = sa.func.count(sa.distinct(steps.c.image_id)).label("flagged")
    query = (
        sa.select(steps.c.transform, code, count)
        .select_from(steps.join(reason, sa.true()))
        .where(steps.c.batch_id == batch_id, steps.c.verdict == "flag")
        .group_by(steps.c.transform, code)
        .order_by(count.desc(), steps.c.transform, code)
    )
    return [FaultCount(row.transform, row.code, row.flagged) for row in connection.execute(query)]


def peoples_time(connection: sa.Connection, batch_id: int) -> PeoplesTime:
    """Decisions of people and their time: pauses between a person's decisions, as long as they are short."""
    query = (
        sa.select(events.c.actor, events.c.at)
        .where(events.c.batch_id == batch_id, events.c.actor.startswith("person"))
        .where(events.c.old.in_(("flagged", "failed", "rejected", "delivered", "discarded")))
        .order_by(events.c.actor, events.c.at)
    )
    moments: dict[str, list[datetime]] = {}
    for row in connection.execute(query):
        moments.setdefault(row.actor, []).append(row.at)
    total = timedelta()
    for of_person in moments.values():
        total += FIRST_DECISION
        for before, after in pairwise(of_person):
            total += after - before if after - before <= MAX_THINKING else FIRST_DECISION
    return PeoplesTime(sum(map(len, moments.values())), len(moments), total.total_seconds() / 60)


def worst(connection: sa.Connection, batch_id: int, limit: int) -> list[WorstImage]:
    """Images with most broken limits in one step, each once."""
    broken = sa.func.jsonb_array_length(steps.c.reasons)
    query = (
        sa.select(
            images.c.id, images.c.name, steps.c.transform, steps.c.reasons, steps.c.input, steps.c.output
        )
        .join(images, images.c.id == steps.c.image_id)
        .where(steps.c.batch_id == batch_id, steps.c.verdict == "flag", broken > 0)
        .order_by(broken.desc(), steps.c.id)
    )
    worst_images: dict[int, WorstImage] = {}
    for row in connection.execute(query):
        if row.id not in worst_images and len(worst_images) < limit:
            codes = tuple(str(reason["code"]) for reason in row.reasons)
            worst_images[row.id] = WorstImage(row.id, row.name, row.transform, codes, row.input, row.output)
    return list(worst_images.values())


def previous(connection: sa.Connection, batch_id: int) -> int | None:
    """The last finished batch before this one of the same vendor, else with a recipe of the same name."""
    this = connection.execute(
        sa.select(batches.c.vendor, recipes.c.name)
        .join(recipes, recipes.c.digest == batches.c.recipe)
        .where(batches.c.id == batch_id)
    ).one()
    earlier = (
        sa.select(batches.c.id)
        .join(recipes, recipes.c.digest == batches.c.recipe)
        .where(batches.c.id < batch_id, batches.c.state == BatchState.DONE)
        .order_by(batches.c.id.desc())
        .limit(1)
    )
    conditions: Sequence[sa.ColumnElement[bool]] = (
        batches.c.vendor == this.vendor,
        recipes.c.name == this.name,
    )
    for condition in conditions:
        if (batch_before := connection.scalar(earlier.where(condition))) is not None:
            return int(batch_before)
    return None
