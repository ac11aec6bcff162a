"""What people and programs read: counts, rates, one line an image, the manifest. Nothing here writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from line.breaker import Breaker
from line.errors import InputError
from line.states import SETTLED, BatchState, ImageState
from records import batches
from records.tables import batches as batch_table
from records.tables import images, recipes, shards, steps


def batch(connection: sa.Connection, batch_id: int) -> dict[str, Any]:
    """One batch: state, counts by state, artifact rate, throughput, cost, breaker."""
    row = _batch_row(connection, batch_id)
    by_state = dict.fromkeys((state.value for state in ImageState), 0)
    judged = artifacts = 0
    query = (
        sa.select(
            images.c.state,
            sa.func.count().label("total"),
            sa.func.count().filter(images.c.judged).label("judged"),
            sa.func.count().filter(images.c.artifact).label("artifacts"),
        )
        .where(images.c.batch_id == batch_id)
        .group_by(images.c.state)
    )
    for line in connection.execute(query):
        by_state[line.state] = line.total
        judged += line.judged
        artifacts += line.artifacts
    spent = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(steps.c.cost), 0.0).label("cost"),
            sa.func.max(steps.c.at).label("last"),
        ).where(steps.c.batch_id == batch_id)
    ).one()
    until = row.finished_at or spent.last
    seconds = (until - row.created_at).total_seconds() if until else 0.0
    settled = sum(by_state[state] for state in ("flagged", "delivered", "rejected", "discarded", "failed"))
    return {
        "batch": row.id,
        "vendor": row.vendor,
        "upload": row.upload,
        "recipe": row.recipe_name,
        "state": str(row.state),
        "breaker": str(_breaker(row)),
        "halt_reason": row.halt_reason,
        "watermark_rights": row.watermark_rights,
        "taken_at": row.created_at,
        "finished_at": row.finished_at,
        "images": row.images,
        "other_files": row.other_files,
        "by_state": by_state,
        "artifact_rate": artifacts / judged if judged else 0.0,
        "judged": judged,
        "artifacts": artifacts,
        "seconds": seconds,
        "images_per_second": settled / seconds if seconds > 0 else 0.0,
        "cost": float(spent.cost),
        "delivered": row.out,
    }


def _breaker(row: sa.Row[Any]) -> Breaker:
    """The breaker of a batch; a batch that a person halted, or that cannot be planned, was not tripped by it."""
    by_hand = row.halted_at_step is None and not row.halt_reason.startswith("probe:")
    return Breaker.CLOSED if row.state == BatchState.HALTED and by_hand else batches.BREAKER[row.state]


def _batch_row(connection: sa.Connection, batch_id: int) -> sa.Row[Any]:
    """A batch with the name and body of its recipe.

    Raises:
        InputError: there is none of that id.
    """
    row = connection.execute(
        sa.select(batch_table, recipes.c.name.label("recipe_name"), recipes.c.body.label("recipe_body"))
        .join(recipes, recipes.c.digest == batch_table.c.recipe)
        .where(batch_table.c.id == batch_id)
    ).one_or_none()
    if row is None:
        raise InputError(f"there is no batch {batch_id}; `sluice status` lists them")
    return row


def all_batches(connection: sa.Connection, limit: int = 50) -> list[dict[str, Any]]:
    """The newest batches, newest first."""
    query = sa.select(batch_table.c.id).order_by(batch_table.c.id.desc()).limit(limit)
    return [batch(connection, batch_id) for batch_id in connection.scalars(query)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        images: of the batch.
        counts: images by state, those states only in which there are some.
        advance: images settled, and of the others the share of the recipe's steps behind them.
        is_over: nothing more happens by itself.
    """

    images: int
    counts: Mapping[str, int]
    advance: float
    is_over: bool


def progress(connection: sa.Connection, batch_id: int) -> Progress:
    """The cheap query behind a progress bar."""
    batch_row = _batch_row(connection, batch_id)
    steps_in_all = len(batch_row.recipe_body["steps"])
    query = (
        sa.select(images.c.state, sa.func.count().label("total"), sa.func.sum(images.c.step).label("behind"))
        .where(images.c.batch_id == batch_id)
        .group_by(images.c.state)
    )
    counts, advance = {}, 0.0
    for row in connection.execute(query):
        counts[str(row.state)] = row.total
        advance += row.total if row.state in SETTLED else float(row.behind) / steps_in_all
    halted = batch_row.state == "halted" and "working" not in counts
    done = batch_row.state == "done" and not batch_row.manifest_due
    return Progress(batch_row.images, counts, advance, halted or done)


def queues(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """For each queue with open shards: how many wait and how many are worked on."""
    queue = shards.c.queues[shards.c.at + 1]
    query = (
        sa.select(
            queue.label("queue"),
            sa.func.count().filter(shards.c.lease_until.is_(None)).label("waiting"),
            sa.func.count().filter(shards.c.lease_until.is_not(None)).label("working"),
        )
        .where(shards.c.state == "open")
        .group_by(queue)
    )
    return {row.queue: {"waiting": row.waiting, "working": row.working} for row in connection.execute(query)}


def image_lines(
    connection: sa.Connection, batch_id: int, state: str | None = None
) -> Iterator[Mapping[str, Any]]:
    """One line an image: id, name, state, reason, sentence, readings of its last step. Streams.

    ``regions`` are the texts found on it: corners in pixels (``quad``), ``box`` as shares of the photo, the
    probability of being an ``overlay``, and the vendor's ``template`` that settled it, if one did.
    """
    last = (
        sa.select(steps.c.readings, steps.c.transform, steps.c.reasons)
        .where(steps.c.image_id == images.c.id)
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        sa.select(images, last.c.readings, last.c.transform, last.c.reasons)
        .outerjoin(last, sa.true())
        .where(images.c.batch_id == batch_id)
        .order_by(images.c.id)
        .execution_options(yield_per=500)
    )
    if state:
        query = query.where(images.c.state == state)
    for row in connection.execute(query):
        yield {
            "id": row.id,
            "name": row.name,
            "state": str(row.state),
            "reason": row.reason,
            "sentence": row.sentence,
            "step": row.transform,
            "reasons": row.reasons or [],
            "readings": row.readings or {},
            "regions": row.facts.get("regions", []),
        }


def manifest_lines(connection: sa.Connection, batch_id: int) -> Iterator[dict[str, Any]]:
    """One line for every image of the upload, refused ones too, in the upload's order. Streams."""
    done = (
        sa.select(
            sa.func.jsonb_agg(
                sa.func.jsonb_build_object(
                    "step", steps.c.transform,
                    "model", steps.c.model,
                    "revision", steps.c.revision,
                    "seed", steps.c.seed,
                    "verdict", steps.c.verdict,
                    "reasons", steps.c.reasons,
                    "readings", steps.c.readings,
                    "seconds", steps.c.seconds,
                    "cost", steps.c.cost,
                    "device", steps.c.device,
                    "made_with", steps.c.made_with,
                ).op("ORDER BY")(steps.c.id)
            ).label("steps")
        )
        .where(steps.c.image_id == images.c.id)
        .lateral()
    )  # fmt: skip
    query = (
        sa.select(images, done.c.steps)
        .outerjoin(done, sa.true())
        .where(images.c.batch_id == batch_id)
        .order_by(images.c.name)
        .execution_options(yield_per=500)
    )
    for row in connection.execute(query):
        yield {
            "name": row.name,
            "state": str(row.state),
            "reason": row.reason,
            "sentence": row.sentence,
            "name_bytes": row.raw_name,
            "file": row.file if row.state == ImageState.DELIVERED else None,
            "sha256": row.sha256,
            "delivered": row.facts.get("delivered") if row.state == ImageState.DELIVERED else None,
            "watermark_rights": row.facts.get("watermark_rights"),
            "steps": row.steps or [],
        }


def due_manifests(connection: sa.Connection) -> list[int]:
    """Done batches whose manifest is older than what happened."""
    return list(connection.scalars(sa.select(batch_table.c.id).where(batch_table.c.manifest_due)))


def is_idle(connection: sa.Connection) -> bool:
    """Whether no batch has anything left to do by itself."""
    busy = sa.exists().where(
        sa.or_(batch_table.c.state.in_(("running", "probing")), batch_table.c.manifest_due)
    )
    return not connection.scalar(sa.select(busy))
