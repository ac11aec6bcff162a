"""Deliveries: recorded for each webhook, claimed by a sender, tried again with growing pauses, kept as a log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from line.errors import InputError
from records.webhooks.events import Webhook
from records.webhooks.tables import webhook_deliveries as deliveries
from records.webhooks.tables import webhook_events as events
from records.webhooks.tables import webhooks

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Pauses before each further attempt: the schedule of the Standard Webhooks specification."""
CLAIM: Final = timedelta(seconds=60)
"""Time after which a delivery whose sender died is sent again."""
KEPT: Final = timedelta(days=90)
"""Time for which the log is kept."""
MAX_ERROR_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for one webhook, claimed by a sender.

    Attributes:
        event_id: the same for every attempt, so that the receiver can drop repetitions.
        attempts: times sent, this one included.
    """

    id: int
    webhook: Webhook
    event_id: int
    kind: str
    at: datetime
    data: Mapping[str, Any]
    attempts: int


def is_any_due(connection: sa.Connection) -> bool:
    """Whether an event is to be announced or a delivery to be sent."""
    is_event_due = sa.exists().where(events.c.announced_at.is_(None), events.c.due_at <= sa.func.now())
    is_delivery_due = sa.exists().where(deliveries.c.due_at <= sa.func.now())
    return bool(connection.scalar(sa.select(sa.or_(is_event_due, is_delivery_due))))


def announce(connection: sa.Connection, limit: int = 100) -> int:
    """Record deliveries for the events that are due; answers how many events there were.

    Several schedulers may do so at once: each event is taken by one.
    """
    due = (
        sa.select(events.c.id, events.c.kind)
        .where(events.c.announced_at.is_(None), events.c.due_at <= sa.func.now())
        .order_by(events.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    pairs = (
        sa.select(webhooks.c.id, events.c.id)
        .join(events, events.c.kind == sa.any_(webhooks.c.events))
        .where(events.c.id.in_(ids), webhooks.c.removed_at.is_(None))
        .order_by(events.c.id, webhooks.c.id)
    )
    connection.execute(sa.insert(deliveries).from_select(["webhook_id", "event_id"], pairs))
    connection.execute(sa.update(events).where(events.c.id.in_(ids)).values(announced_at=sa.func.now()))
    return len(rows)


def claim(connection: sa.Connection, limit: int) -> list[Delivery]:
    """Deliveries that are due, at most ``limit``; nobody else gets them before :data:`CLAIM` is over."""
    due = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.due_at <= sa.func.now())
        .order_by(deliveries.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(due))
    if not ids:
        return []
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(attempts=deliveries.c.attempts + 1, sent_at=sa.func.now(), due_at=sa.func.now() + CLAIM)
    )
    query = (
        sa.select(
            deliveries.c.id.label("delivery_id"),
            deliveries.c.attempts,
            events.c.id.label("event_id"),
            events.c.kind,
            events.c.at,
            events.c.data,
            webhooks,
        )
        .join(events, events.c.id == deliveries.c.event_id)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    )
    return [
        Delivery(
            row.delivery_id, Webhook.from_row(row), row.event_id, row.kind, row.at, row.data, row.attempts
        )
        for row in connection.execute(query)
    ]


def delivered(connection: sa.Connection, delivery: Delivery, status: int | None) -> None:
    """Note that the receiver took it."""
    _update(connection, delivery, delivered_at=sa.func.now(), status=status, error="", due_at=None)


def failed(connection: sa.Connection, delivery: Delivery, status: int | None, error: str) -> None:
    """Note that it was not taken; it is sent again after a pause, until the pauses are used up."""
    index = delivery.attempts - 1
    due_at = sa.func.now() + PAUSES[index] if index < len(PAUSES) else None
    _update(connection, delivery, status=status, error=error[:MAX_ERROR_CHARACTERS], due_at=due_at)


def resend(connection: sa.Connection, delivery_id: int) -> None:
    """Send a delivery again now, whatever became of it.

    Raises:
        InputError: there is none of that id, or its webhook was removed.
    """
    alive = sa.select(webhooks.c.id).where(webhooks.c.removed_at.is_(None))
    again = connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.webhook_id.in_(alive))
        .values(due_at=sa.func.now(), attempts=0, delivered_at=None)
    )
    if not again.rowcount:
        raise InputError(f"there is no delivery {delivery_id} of a webhook; `sluice webhooks log` shows them")


def log(
    connection: sa.Connection, webhook_id: int | None = None, *, undelivered: bool = False, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest deliveries, newest first, of one webhook or all."""
    query = (
        sa.select(
            deliveries.c.id.label("delivery"),
            deliveries.c.webhook_id.label("webhook"),
            webhooks.c.url,
            events.c.kind.label("event"),
            events.c.subject,
            events.c.at,
            deliveries.c.attempts,
            deliveries.c.sent_at,
            deliveries.c.delivered_at,
            deliveries.c.due_at,
            deliveries.c.status,
            deliveries.c.error,
        )
        .join(events, events.c.id == deliveries.c.event_id)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if webhook_id is not None:
        query = query.where(deliveries.c.webhook_id == webhook_id)
    if undelivered:
        query = query.where(deliveries.c.delivered_at.is_(None))
    return [dict(row) for row in connection.execute(query).mappings()]


def forget_old(connection: sa.Connection) -> None:
    """Remove what is older than :data:`KEPT` and waits for nothing."""
    old = sa.select(events.c.id).where(events.c.at < sa.func.now() - KEPT)
    connection.execute(
        sa.delete(deliveries).where(deliveries.c.event_id.in_(old), deliveries.c.due_at.is_(None))
    )
    unused = ~sa.exists().where(deliveries.c.event_id == events.c.id)
    connection.execute(sa.delete(events).where(events.c.at < sa.func.now() - KEPT, unused))


def _update(connection: sa.Connection, delivery: Delivery, **values: Any) -> None:
    this = sa.and_(deliveries.c.id == delivery.id, deliveries.c.attempts == delivery.attempts)
    connection.execute(sa.update(deliveries).where(this).values(values))
