"""Removing the records of old batches, and noting the objects that only they named.

An object is named by its content, so that records of other batches, or of work that is not committed yet, may name the
same one. It is deleted once no record names it and it has not been written for longer than any step takes: writing an
object that is there already renews its time (as git does before ``git prune``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from line.source_types import COMPOSITE_GENERATED, GENERATED
from line.states import SETTLED, BatchState, ImageState
from records.storage.retention_tables import forgotten_batches, forgotten_objects
from records.tables import (
    batches,
    decisions,
    events,
    image_counts,
    images,
    recipes,
    shards,
    steps,
    troubles,
    withdrawals,
)

OBJECTS: Final = "objects/"
"""Where the line keeps what it writes between steps; the vendor's own files lie elsewhere and stay."""

_IMAGE_KEYS: Final = "ARRAY[source, current, mask, proposal, proposal_mask]"
_STEP_KEYS: Final = "ARRAY[input, input_mask, output, output_mask, touched]"
_DECISION_KEYS: Final = (
    "ARRAY[before ->> 'current', before ->> 'mask', before ->> 'proposal', before ->> 'proposal_mask']"
)
_PAIR_KEYS: Final = "ARRAY[input, incumbent_output, candidate_output]"


@dataclass(frozen=True, slots=True)
class OldBatch:
    """A batch that ended before a date.

    Attributes:
        out: URL of the folder it was delivered to.
        generated: images with content that a generative model made, whatever became of them.
        undecided: images that wait for a person.
        is_withdrawing: delivered files of it are still to be taken away.
    """

    id: int
    vendor: str
    upload: str
    recipe: str
    recipe_digest: str
    out: str
    images: int
    generated: int
    undecided: int
    is_withdrawing: bool
    taken_at: datetime
    finished_at: datetime


def old_batches(connection: sa.Connection, before: datetime, vendor: str | None = None) -> list[OldBatch]:
    """The batches that are done since before a time, oldest first."""
    generative = sa.or_(
        *(
            images.c.facts.contains({"edits": [{"source_type": source_type}]})
            for source_type in (COMPOSITE_GENERATED, GENERATED)
        )
    )
    generated = (
        sa.select(sa.func.count()).where(images.c.batch_id == batches.c.id, generative).scalar_subquery()
    )
    open_states = [state for state in ImageState if state not in SETTLED or state is ImageState.FLAGGED]
    undecided = (
        sa.select(sa.func.coalesce(sa.func.sum(image_counts.c.images), 0))
        .where(image_counts.c.batch_id == batches.c.id, image_counts.c.state.in_(open_states))
        .scalar_subquery()
    )
    query = (
        sa.select(
            batches,
            recipes.c.name.label("recipe_name"),
            generated.label("generated"),
            undecided.label("undecided"),
            sa.exists().where(withdrawals.c.batch_id == batches.c.id).label("is_withdrawing"),
        )
        .join(recipes, recipes.c.digest == batches.c.recipe)
        .where(batches.c.state == BatchState.DONE, ~batches.c.manifest_due, batches.c.finished_at < before)
        .order_by(batches.c.id)
    )
    if vendor is not None:
        query = query.where(batches.c.vendor == vendor)
    return [
        OldBatch(
            id=row.id,
            vendor=row.vendor,
            upload=row.upload,
            recipe=row.recipe_name,
            recipe_digest=row.recipe,
            out=row.out,
            images=row.images,
            generated=int(row.generated),
            undecided=int(row.undecided),
            is_withdrawing=row.is_withdrawing,
            taken_at=row.created_at,
            finished_at=row.finished_at,
        )
        for row in connection.execute(query)
    ]


def forget_images(connection: sa.Connection, batch_id: int, limit: int) -> int:
    """Remove the records of at most ``limit`` images of a batch and note the objects they named; how many they were."""
    some = sa.select(images.c.id).where(images.c.batch_id == batch_id).order_by(images.c.id).limit(limit)
    ids = list(connection.scalars(some))
    if not ids:
        return 0
    named = sa.text(
        "INSERT INTO forgotten_objects (key) SELECT DISTINCT key FROM ("
        f" SELECT unnest({_IMAGE_KEYS}) AS key FROM images WHERE id = ANY(:ids)"
        f" UNION ALL SELECT unnest({_STEP_KEYS}) FROM steps WHERE image_id = ANY(:ids)"
        f" UNION ALL SELECT unnest({_DECISION_KEYS}) FROM decisions WHERE image_id = ANY(:ids)"
        f" UNION ALL SELECT unnest({_PAIR_KEYS}) FROM rollout_pairs WHERE image_id = ANY(:ids)"
        ") AS named WHERE key LIKE :objects ON CONFLICT DO NOTHING"
    )
    connection.execute(named, {"ids": ids, "objects": f"{OBJECTS}%"})
    for table in (events, steps, decisions):
        connection.execute(sa.delete(table).where(table.c.image_id.in_(ids)))
    connection.execute(sa.delete(images).where(images.c.id.in_(ids)))
    return len(ids)


def forget_batch(connection: sa.Connection, batch: OldBatch, actor: str) -> None:
    """Remove what is left of a batch without images, and note that it was there."""
    for table in (image_counts, withdrawals, shards, troubles):
        connection.execute(sa.delete(table).where(table.c.batch_id == batch.id))
    connection.execute(sa.delete(batches).where(batches.c.id == batch.id))
    connection.execute(
        sa.insert(forgotten_batches).values(
            id=batch.id,
            vendor=batch.vendor,
            upload=batch.upload,
            recipe=batch.recipe_digest,
            images=batch.images,
            generated=batch.generated,
            delivered=batch.out,
            taken_at=batch.taken_at,
            finished_at=batch.finished_at,
            actor=actor,
        )
    )


def forget_named_objects(connection: sa.Connection) -> None:
    """Take those objects off the list that a record names; reads all records of images and steps once."""
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(
        sa.text(
            "DELETE FROM forgotten_objects USING ("
            f" SELECT unnest({_IMAGE_KEYS}) AS key FROM images"
            f" UNION ALL SELECT unnest({_STEP_KEYS}) FROM steps"
            f" UNION ALL SELECT unnest({_DECISION_KEYS}) FROM decisions"
            f" UNION ALL SELECT unnest({_PAIR_KEYS}) FROM rollout_pairs"
            " UNION ALL SELECT example ->> 'crop' FROM templates, jsonb_array_elements(examples) AS example"
            ") AS named WHERE forgotten_objects.key = named.key"
        )
    )


def unnamed_objects(connection: sa.Connection, after: str, limit: int) -> list[str]:
    """Keys on the list behind ``after``, in their order."""
    key = forgotten_objects.c.key
    return list(connection.scalars(sa.select(key).where(key > after).order_by(key).limit(limit)))


def objects_deleted(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Take objects off the list that are deleted."""
    connection.execute(sa.delete(forgotten_objects).where(forgotten_objects.c.key.in_(keys)))
