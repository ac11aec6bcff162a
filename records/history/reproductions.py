"""Steps that people had run again, to compare the result with the record. Importing this module adds its table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.errors import InputError
from records.tables import metadata, steps
from records.tables.columns import NOW, TIME, identity

SILENT_SECONDS = 1800.0
"""Time after which a run that did not end counts as lost, and another may be ordered (s)."""

reproductions = sa.Table(
    "reproductions",
    metadata,
    identity(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    sa.Column("step_id", sa.BigInteger, sa.ForeignKey("steps.id", ondelete="CASCADE"), nullable=False),
    sa.Column("person", sa.Text, nullable=False, comment="who ordered it, as in events.actor"),
    sa.Column("requested_at", TIME, nullable=False, server_default=NOW),
    sa.Column("begun_at", TIME),
    sa.Column("ended_at", TIME),
    sa.Column("report", JSONB(none_as_null=True), comment="how the result compares with the record"),
    sa.Column("error", sa.Text, nullable=False, server_default="", comment="why there is no report"),
    sa.Index("reproductions_image", "image_id", "id"),
    sa.Index("reproductions_step", "step_id"),
    comment="recorded steps that were run again to compare the result",
)

_IS_LOST = sa.and_(
    reproductions.c.ended_at.is_(None),
    reproductions.c.requested_at < sa.func.now() - sa.text(f"interval '{SILENT_SECONDS:g} seconds'"),
)


@dataclass(frozen=True, slots=True)
class RepeatedRun:
    """The newest run of a recorded step that a person ordered.

    Attributes:
        report: as :func:`tasks.runner.reproduction.report` makes it; None until it ended, and after an error.
        error: why there is no report; empty if there is none.
    """

    id: int
    person: str
    requested_at: datetime
    report: Mapping[str, Any] | None
    error: str
    is_over: bool


def order(connection: sa.Connection, image_id: int, step_id: int, person: str) -> tuple[int, str]:
    """Record that a person wants a step run again; the order's id, and the transform that runs.

    Raises:
        InputError: the image has no such step, or one is under way.
    """
    transform = connection.scalar(
        sa.select(steps.c.transform)
        .where(steps.c.id == step_id, steps.c.image_id == image_id)
        .with_for_update()
    )
    if transform is None:
        raise InputError(f"image {image_id} has no recorded step {step_id}")
    under_way = sa.select(reproductions.c.id).where(
        reproductions.c.step_id == step_id, reproductions.c.ended_at.is_(None), ~_IS_LOST
    )
    if connection.scalar(under_way) is not None:
        raise InputError(f"{transform} of image {image_id} is being run again already")
    values = {"image_id": image_id, "step_id": step_id, "person": person}
    statement = sa.insert(reproductions).values(values).returning(reproductions.c.id)
    return connection.execute(statement).scalar_one(), str(transform)


def begin(connection: sa.Connection, order_id: int) -> tuple[int, int] | None:
    """Begin what was ordered: ids of the image and of the step; None where another process did."""
    row = connection.execute(
        sa.update(reproductions)
        .where(reproductions.c.id == order_id, reproductions.c.begun_at.is_(None))
        .values(begun_at=sa.func.now())
        .returning(reproductions.c.image_id, reproductions.c.step_id)
    ).one_or_none()
    return (row.image_id, row.step_id) if row else None


def end(
    connection: sa.Connection, order_id: int, report: Mapping[str, Any] | None = None, error: str = ""
) -> None:
    """Record what came of it."""
    connection.execute(
        sa.update(reproductions)
        .where(reproductions.c.id == order_id)
        .values(ended_at=sa.func.now(), report=report, error=error)
    )


def newest(connection: sa.Connection, image_id: int) -> dict[int, RepeatedRun]:
    """The newest order for each step of an image, by the step's id."""
    query = (
        sa.select(reproductions, _IS_LOST.label("is_lost"))
        .where(reproductions.c.image_id == image_id)
        .order_by(reproductions.c.id)
    )
    return {
        row.step_id: RepeatedRun(
            id=row.id,
            person=row.person,
            requested_at=row.requested_at,
            report=row.report,
            error="no worker ran it; order it again" if row.is_lost else row.error,
            is_over=row.is_lost or row.ended_at is not None,
        )
        for row in connection.execute(query)
    }
