"""Images of a batch that did not pass a step, images that did, and what was read of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from line.facts import Facts
from line.recipe import Recipe
from line.states import BatchState, ImageState
from records import recipes
from records.tables import batches, images, steps
from records.tables import recipes as recipe_table

MAX_IMAGES: Final = 10_000
"""Maximum images of a batch that are looked at."""


@dataclass(frozen=True, slots=True)
class StoppedImage:
    """An image that a person is to decide on, or that failed, with the step at which it stopped.

    Attributes:
        reason: code of the limit, policy or error.
        is_artifact: whether it counts against the breaker.
        megapixels: of the picture as it came to the step; 0 where it was not decoded yet.
    """

    image_id: int
    name: str
    vendor: str
    position: int
    transform: str
    reason: str
    is_artifact: bool
    megapixels: float


def stopped(connection: sa.Connection, batch_id: int) -> list[StoppedImage]:
    """Flagged and failed images of a batch, without those that a person put back."""
    last = (
        sa.select(steps.c.position, steps.c.transform)
        .where(steps.c.image_id == images.c.id)
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        sa.select(
            images.c.id, images.c.name, images.c.reason, images.c.artifact, images.c.facts, batches.c.vendor,
            last.c.position, last.c.transform,
        )
        .join(batches, batches.c.id == images.c.batch_id)
        .join(last, sa.true())
        .where(
            images.c.batch_id == batch_id,
            images.c.state.in_((ImageState.FLAGGED, ImageState.FAILED)),
            images.c.reason != "rolled_back",
        )
        .order_by(images.c.id)
        .limit(MAX_IMAGES)
    )  # fmt: skip
    rows: list[Any] = list(connection.execute(query))
    return [_stopped(row) for row in rows]


def passed(connection: sa.Connection, batch_id: int, position: int) -> list[StoppedImage]:
    """Images of a batch that went through the step at ``position`` and did not stop later."""
    query = (
        sa.select(
            images.c.id, images.c.name, images.c.reason, images.c.artifact, images.c.facts, batches.c.vendor,
            steps.c.position, steps.c.transform,
        )
        .join(batches, batches.c.id == images.c.batch_id)
        .join(steps, steps.c.image_id == images.c.id)
        .where(
            images.c.batch_id == batch_id,
            images.c.state.not_in((ImageState.FLAGGED, ImageState.FAILED, ImageState.DISCARDED)),
            steps.c.batch_id == batch_id,
            steps.c.position == position,
            steps.c.verdict == "pass",
        )
        .distinct()
        .order_by(images.c.id)
        .limit(MAX_IMAGES)
    )  # fmt: skip
    rows: list[Any] = list(connection.execute(query))
    return list({row.id: _stopped(row) for row in rows}.values())


def passed_readings(
    connection: sa.Connection, batch_id: int, position: int
) -> list[tuple[int, Mapping[str, Any]]]:
    """Id and readings of the images that passed the step at ``position``."""
    query = (
        sa.select(steps.c.image_id, steps.c.readings)
        .where(steps.c.batch_id == batch_id, steps.c.position == position, steps.c.verdict == "pass")
        .order_by(steps.c.id)
        .limit(MAX_IMAGES)
    )
    return [(row.image_id, row.readings) for row in connection.execute(query)]


def earlier_recipe(connection: sa.Connection, batch_id: int, name: str, digest: str) -> Recipe | None:
    """The recipe of the last batch before that is done, with judged images, by another recipe of this name."""
    query = (
        sa.select(batches.c.recipe)
        .join(recipe_table, recipe_table.c.digest == batches.c.recipe)
        .where(
            batches.c.id < batch_id,
            batches.c.state == BatchState.DONE,
            batches.c.judged > 0,
            recipe_table.c.name == name,
            batches.c.recipe != digest,
        )
        .order_by(batches.c.id.desc())
        .limit(1)
    )
    earlier = connection.scalar(query)
    return None if earlier is None else recipes.load(connection, earlier)


def _stopped(row: sa.Row[Any]) -> StoppedImage:
    facts = Facts.from_json(row.facts)
    pixels = facts.width * facts.height / 1e6 if facts.width and facts.height else 0.0
    return StoppedImage(
        image_id=row.id,
        name=row.name,
        vendor=row.vendor,
        position=row.position,
        transform=row.transform,
        reason=row.reason,
        is_artifact=row.artifact,
        megapixels=pixels,
    )
