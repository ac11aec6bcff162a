"""Searches of a vendor's photos for a confirmed template: the newest of each, with its progress.

Importing this module adds its table to the schema.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.tables import metadata

SILENT_SECONDS = 120.0
"""Time without a sign of life after which a search counts as lost, and another may begin (s)."""

_time = sa.DateTime(timezone=True)


def _count(name: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0", comment=comment)


rescans = sa.Table(
    "rescans",
    metadata,
    sa.Column("template_id", sa.BigInteger, sa.ForeignKey("templates.id"), primary_key=True),
    sa.Column("person", sa.Text, nullable=False, comment="who asked for it, as in events.actor"),
    _count("total", "photos to search, at most"),
    _count("scanned"),
    _count("requeued"),
    _count("skipped", "photos that could not be read, or not be requeued"),
    sa.Column("error", sa.Text, nullable=False, server_default="", comment="why it ended early"),
    sa.Column("begun_at", _time),
    sa.Column(
        "touched_at", _time, nullable=False, server_default=sa.text("now()"), comment="last sign of life"
    ),
    sa.Column("ended_at", _time),
    comment="the newest search of a vendor's photos for each template",
)

_IS_SILENT = rescans.c.touched_at < sa.func.now() - sa.text(f"interval '{SILENT_SECONDS:g} seconds'")


@dataclass(slots=True)
class RescanCounts:
    """How far a search is.

    Attributes:
        total: photos to search, at most.
        scanned: photos searched so far.
        requeued: photos that still had the template and were requeued.
        skipped: photos that could not be read, or not be requeued.
    """

    total: int = 0
    scanned: int = 0
    requeued: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Rescan:
    """The newest search for a template.

    Attributes:
        error: why it ended early; empty if it did not.
    """

    counts: RescanCounts
    error: str
    is_over: bool


def request(connection: sa.Connection, template_id: int, person: str) -> bool:
    """Record that a person wants a search; False while one is waiting or running."""
    fresh = {
        "person": person,
        "total": 0,
        "scanned": 0,
        "requeued": 0,
        "skipped": 0,
        "error": "",
        "begun_at": None,
        "touched_at": sa.func.now(),
        "ended_at": None,
    }
    statement = (
        insert(rescans)
        .values(template_id=template_id, **fresh)
        .on_conflict_do_update(
            index_elements=["template_id"],
            set_=fresh,
            where=sa.or_(rescans.c.ended_at.is_not(None), _IS_SILENT),
        )
        .returning(rescans.c.template_id)
    )
    return connection.scalar(statement) is not None


def begin(connection: sa.Connection, template_id: int) -> str | None:
    """Begin a search that was requested; answers who asked for it, None where another process is at it or was."""
    person: str | None = connection.scalar(
        sa.update(rescans)
        .where(
            rescans.c.template_id == template_id,
            rescans.c.ended_at.is_(None),
            sa.or_(rescans.c.begun_at.is_(None), _IS_SILENT),
        )
        .values(begun_at=sa.func.now(), touched_at=sa.func.now())
        .returning(rescans.c.person)
    )
    return person


def report(connection: sa.Connection, template_id: int, counts: RescanCounts) -> None:
    """Record the progress of a search."""
    _update(connection, template_id, counts)


def end(connection: sa.Connection, template_id: int, counts: RescanCounts, error: str = "") -> None:
    """Record that a search is over; ``error`` says why it ended early."""
    _update(connection, template_id, counts, error=error, ended_at=sa.func.now())


def newest(connection: sa.Connection) -> dict[int, Rescan]:
    """The newest search of each template that was ever searched for, by the template's id."""
    is_over = sa.or_(rescans.c.ended_at.is_not(None), _IS_SILENT).label("is_over")
    lost = sa.and_(rescans.c.ended_at.is_(None), _IS_SILENT).label("is_lost")
    return {
        row.template_id: Rescan(
            RescanCounts(row.total, row.scanned, row.requeued, row.skipped),
            "the worker that searched was lost; start it again" if row.is_lost else row.error,
            row.is_over,
        )
        for row in connection.execute(sa.select(rescans, is_over, lost))
    }


def _update(connection: sa.Connection, template_id: int, counts: RescanCounts, **more: object) -> None:
    values = {
        "total": counts.total,
        "scanned": counts.scanned,
        "requeued": counts.requeued,
        "skipped": counts.skipped,
        "touched_at": sa.func.now(),
        **more,
    }
    connection.execute(sa.update(rescans).where(rescans.c.template_id == template_id).values(values))
