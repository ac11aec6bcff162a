"""The log of people's decisions about images, each with what the image was before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from records.tables import decisions, images

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
)
"""Columns of an image that decisions change."""
SHOWN = 50
"""Decisions that are listed and can be undone one after the other."""


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """One decision.

    Attributes:
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


def record(connection: sa.Connection, image: sa.Row[Any], kind: str) -> None:
    """Log a decision about an image, whose row is still as it was before."""
    before = {name: getattr(image, name) for name in RESTORED}
    connection.execute(
        sa.insert(decisions).values(
            image_id=image.id, batch_id=image.batch_id, kind=kind, actor=current_actor(), before=before
        )
    )


def current_actor() -> sa.ColumnElement[str]:
    """Who is behind the transaction, as the triggers write it into ``events``."""
    setting = sa.func.current_setting("sluice.actor", True)
    return sa.func.coalesce(sa.func.nullif(setting, ""), "line")


def newest(connection: sa.Connection, actor: str, limit: int = SHOWN) -> list[LoggedDecision]:
    """The decisions of one person, the newest first."""
    query = (
        sa.select(decisions, images.c.name, images.c.state)
        .join(images, images.c.id == decisions.c.image_id)
        .where(decisions.c.actor == actor)
        .order_by(decisions.c.id.desc())
        .limit(limit)
    )
    return [
        LoggedDecision(
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
        )
        for row in connection.execute(query)
    ]


def standing(connection: sa.Connection, image_id: int) -> int | None:
    """Id of the newest decision about an image that nobody ordered to undo."""
    query = (
        sa.select(decisions.c.id)
        .where(decisions.c.image_id == image_id, decisions.c.undo_by.is_(None))
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)
