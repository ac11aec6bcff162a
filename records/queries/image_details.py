"""One image with everything that was done to it, and the readings of a batch, as programs read them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from records.queries import review_queue
from records.tables import batches, events, images, recipes, steps


def details(connection: sa.Connection, image_id: int) -> dict[str, Any] | None:
    """An image with its steps and its moves, oldest first; None where there is none."""
    row = connection.execute(
        sa.select(images, batches.c.vendor, recipes.c.name.label("recipe_name"))
        .join(batches, batches.c.id == images.c.batch_id)
        .join(recipes, recipes.c.digest == images.c.recipe)
        .where(images.c.id == image_id)
    ).one_or_none()
    if row is None:
        return None
    flagged = review_queue.one(connection, image_id)
    moves = connection.execute(
        sa.select(events).where(events.c.image_id == image_id).order_by(events.c.id)
    ).all()
    return {
        "image": row.id,
        "batch": row.batch_id,
        "vendor": row.vendor,
        "name": row.name,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "state": str(row.state),
        "reason": row.reason,
        "sentence": row.sentence,
        "recipe": row.recipe_name,
        "file": row.file if str(row.state) == "delivered" else None,
        "version": flagged.version if flagged else None,
        "steps": step_runs(connection, [image_id]),
        "moves": [
            {
                "from": str(move.old),
                "to": str(move.new),
                "reason": move.reason,
                "actor": move.actor,
                "at": move.at,
            }
            for move in moves
        ],
    }


def step_runs(connection: sa.Connection, image_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Every run of a step on these images with its readings, by image and in the order in which they ran."""
    query = (
        sa.select(
            steps.c.image_id.label("image"),
            images.c.name,
            steps.c.position,
            steps.c.transform.label("step"),
            steps.c.model,
            steps.c.revision,
            steps.c.verdict,
            steps.c.reasons,
            steps.c.readings,
            steps.c.seconds,
            steps.c.cost,
            steps.c.at,
        )
        .join(images, images.c.id == steps.c.image_id)
        .where(steps.c.image_id.in_(image_ids))
        .order_by(steps.c.image_id, steps.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def original(connection: sa.Connection, image_id: int) -> tuple[str, str] | None:
    """Key of an image's original in the bucket, and its name; None where there is no such image."""
    row = connection.execute(
        sa.select(images.c.source, images.c.name).where(images.c.id == image_id)
    ).one_or_none()
    return (row.source, row.name) if row else None
