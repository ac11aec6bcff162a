"""The log of people's decisions about images, each with what the image was before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from records.tables import bulk_answers, decisions, images

RESTORED = (
    "state",
    "reason",
    "sentence",
    "artifact",
    "judged",
    "counted",
    "accepted",
    "recipe",
    "step",
    "current",
    "mask",
    "proposal",
    "proposal_mask",
    "facts",
    "losses",
    "file",
    "fold",
    "severity",
    "template",
)
"""Columns of an image that decisions change."""
SHOWN = 50
"""Answers that are listed and can be undone one after the other; one to many images counts once."""
_bulk: ContextVar[int | None] = ContextVar("bulk", default=None)
"""The answer to many images that the decisions of this thread are part of."""


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """One answer: a decision about an image, or the newest of those that are one answer to many.

    Attributes:
        images: number of images that were answered at once.
        name: of the image: its path inside the upload.
        state: of the image now.
        kind: accept, keep, reject, requeue or rollback.
        actor: who decided, as in ``events.actor``.
        undo_by: who ordered to undo it; None where nobody did.
        undone_at: None while it is not undone.
    """

    id: int
    image: int
    batch: int
    name: str
    state: str
    kind: str
    actor: str
    at: datetime
    undo_by: str | None
    undone_at: datetime | None
    images: int = 1


def begin_bulk(connection: sa.Connection, choice: str, actor: str) -> int:
    """Note that a person answers many images at once; decisions taken within :func:`part_of` belong to it."""
    values = {"choice": choice, "actor": actor}
    return int(
        connection.execute(sa.insert(bulk_answers).values(values).returning(bulk_answers.c.id)).scalar_one()
    )


@contextmanager
def part_of(bulk_id: int) -> Iterator[None]:
    """Decisions that this thread takes meanwhile are one answer to many images, and are undone as one."""
    token = _bulk.set(bulk_id)
    try:
        yield
    finally:
        _bulk.reset(token)


def record(connection: sa.Connection, image: sa.Row[Any], kind: str) -> None:
    """Log a decision about an image, whose row is still as it was before."""
    before = {name: getattr(image, name) for name in RESTORED}
    connection.execute(
        sa.insert(decisions).values(
            image_id=image.id,
            batch_id=image.batch_id,
            kind=kind,
            actor=current_actor(),
            before=before,
            bulk_id=_bulk.get(),
        )
    )


def current_actor() -> sa.ColumnElement[str]:
    """Who is behind the transaction, as the triggers write it into ``events``."""
    setting = sa.func.current_setting("sluice.actor", True)
    return sa.func.coalesce(sa.func.nullif(setting, ""), "line")


def newest(connection: sa.Connection, actor: str, limit: int = SHOWN) -> list[LoggedDecision]:
    """The answers of one person, the newest first."""
    answers = newest_answers(actor, limit).subquery()
    part = decisions.alias()
    parts = sa.select(sa.func.count()).where(part.c.bulk_id == decisions.c.bulk_id).scalar_subquery()
    query = (
        _listed()
        .add_columns(parts.label("parts"))
        .join(answers, answers.c.id == decisions.c.id)
        .order_by(decisions.c.id.desc())
    )
    return [_logged(row, row.parts or 1) for row in connection.execute(query)]


def about(connection: sa.Connection, image_id: int) -> list[LoggedDecision]:
    """All decisions about one image, the oldest first."""
    query = _listed().where(decisions.c.image_id == image_id).order_by(decisions.c.id)
    return [_logged(row) for row in connection.execute(query)]


def newest_answers(actor: str, limit: int = SHOWN) -> sa.Select[Any]:
    """Ids of the decisions that stand for the last answers of a person: of one to many images the newest decision."""
    later = decisions.alias()
    is_newest = ~sa.exists().where(later.c.bulk_id == decisions.c.bulk_id, later.c.id > decisions.c.id)
    return (
        sa.select(decisions.c.id, decisions.c.bulk_id)
        .where(decisions.c.actor == actor, is_newest)
        .order_by(decisions.c.id.desc())
        .limit(limit)
    )


def standing(connection: sa.Connection, image_id: int) -> int | None:
    """Id of the newest decision about an image that nobody ordered to undo."""
    query = (
        sa.select(decisions.c.id)
        .where(decisions.c.image_id == image_id, decisions.c.undo_by.is_(None))
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)


def _listed() -> sa.Select[Any]:
    return sa.select(decisions, images.c.name, images.c.state).join(
        images, images.c.id == decisions.c.image_id
    )


def _logged(row: sa.Row[Any], answered: int = 1) -> LoggedDecision:
    return LoggedDecision(
        id=row.id,
        image=row.image_id,
        batch=row.batch_id,
        name=row.name,
        state=str(row.state),
        kind=row.kind,
        actor=row.actor,
        at=row.at,
        undo_by=row.undo_by,
        undone_at=row.undone_at,
        images=answered,
    )
