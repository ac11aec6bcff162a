"""Everything that is recorded about one image: the runs of its steps, its moves, and people's decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from records.history import decision_log
from records.history.decision_log import LoggedDecision
from records.tables import batches, events, images, recipes, steps


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One run of a step.

    Attributes:
        position: of the step in its recipe, 0-based.
        input, output: keys of the pictures in the bucket; None where there is none.
        reasons: limits that were broken, as :class:`records.queries.review_queue.FlaggedImage` has them.
        limits: limits of the recipe by reading, each with ``at_least`` and ``at_most``.
        made_with: as :mod:`worker.provenance` records it.
    """

    id: int
    position: int
    transform: str
    model: str | None
    revision: str | None
    seed: int
    device: str
    node: str
    input: str | None
    output: str | None
    verdict: str
    reasons: Sequence[Mapping[str, Any]]
    readings: Mapping[str, float | None]
    limits: Mapping[str, Mapping[str, float | None]]
    seconds: float
    cost: float
    made_with: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """One change of an image's state."""

    old: str
    new: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageHistory:
    """One image with all that happened to it.

    Attributes:
        recipe: name of the recipe that it follows.
        file: path of the delivered file below ``out``; None where none is delivered.
        out: URL of the bucket with the delivered files.
        current, proposal: keys as in ``images``.
        runs, moves, decisions: oldest first.
    """

    id: int
    batch: int
    vendor: str
    upload: str
    name: str
    bytes: int
    sha256: str | None
    state: str
    reason: str
    sentence: str
    recipe: str
    file: str | None
    out: str
    current: str | None
    proposal: str | None
    mask: str | None
    runs: Sequence[RecordedRun]
    moves: Sequence[Move]
    decisions: Sequence[LoggedDecision]

    @property
    def newest_runs(self) -> list[RecordedRun]:
        """The newest run of each step, by position."""
        by_position = {run.position: run for run in self.runs}
        return [by_position[position] for position in sorted(by_position)]


def find(connection: sa.Connection, image_id: int) -> ImageHistory | None:
    """The history of an image; None where there is no such image."""
    row = connection.execute(
        sa.select(
            images,
            batches.c.vendor,
            batches.c.upload,
            batches.c.out,
            recipes.c.name.label("recipe_name"),
        )
        .join(batches, batches.c.id == images.c.batch_id)
        .join(recipes, recipes.c.digest == images.c.recipe)
        .where(images.c.id == image_id)
    ).one_or_none()
    if row is None:
        return None
    return ImageHistory(
        id=row.id,
        batch=row.batch_id,
        vendor=row.vendor,
        upload=row.upload,
        name=row.name,
        bytes=row.bytes,
        sha256=row.sha256,
        state=str(row.state),
        reason=row.reason,
        sentence=row.sentence,
        recipe=row.recipe_name,
        file=row.file if str(row.state) == "delivered" else None,
        out=row.out,
        current=row.current,
        proposal=row.proposal,
        mask=row.proposal_mask or row.mask,
        runs=_runs(connection, image_id),
        moves=_moves(connection, image_id),
        decisions=decision_log.about(connection, image_id),
    )


def neighbours(connection: sa.Connection, image_id: int) -> tuple[int | None, int | None]:
    """Ids of the images of the same batch and state before and after an image; None where there is none."""
    place = sa.select(images.c.batch_id, images.c.state).where(images.c.id == image_id).subquery()
    alike = sa.and_(images.c.batch_id == place.c.batch_id, images.c.state == place.c.state)
    before = sa.select(sa.func.max(images.c.id)).join(place, alike).where(images.c.id < image_id)
    after = sa.select(sa.func.min(images.c.id)).join(place, alike).where(images.c.id > image_id)
    return connection.scalar(before), connection.scalar(after)


def _runs(connection: sa.Connection, image_id: int) -> list[RecordedRun]:
    query = (
        sa.select(steps, recipes.c.body)
        .outerjoin(recipes, recipes.c.digest == steps.c.recipe)
        .where(steps.c.image_id == image_id)
        .order_by(steps.c.id)
    )
    return [
        RecordedRun(
            id=row.id,
            position=row.position,
            transform=row.transform,
            model=row.model,
            revision=row.revision,
            seed=row.seed,
            device=row.device,
            node=row.node,
            input=row.input,
            output=row.output,
            verdict=row.verdict,
            reasons=row.reasons or [],
            readings=row.readings or {},
            limits=_limits(row.body, row.position),
            seconds=row.seconds,
            cost=row.cost,
            made_with=row.made_with or {},
            at=row.at,
        )
        for row in connection.execute(query)
    ]


def _limits(recipe: Mapping[str, Any] | None, position: int) -> Mapping[str, Mapping[str, float | None]]:
    listed = (recipe or {}).get("steps", [])
    return (listed[position].get("limits") or {}) if position < len(listed) else {}


def _moves(connection: sa.Connection, image_id: int) -> list[Move]:
    query = sa.select(events).where(events.c.image_id == image_id).order_by(events.c.id)
    return [
        Move(str(row.old), str(row.new), row.reason, row.actor, row.at) for row in connection.execute(query)
    ]
