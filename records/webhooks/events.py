"""Events, and the webhooks that are told of them."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from line.errors import InputError
from records.webhooks.tables import webhook_deliveries, webhook_events, webhooks

PREFIX: Final = "whsec_"
"""Beginning of every secret, as the Standard Webhooks specification has it."""


class Event(StrEnum):
    """What is announced; triggers of the schema write the same names."""

    BATCH_DONE = "batch.done"  # every image of a batch has settled
    BATCH_TRIPPED = "batch.tripped"  # the breaker halted a batch
    BATCH_HALTED = "batch.halted"  # a person, a program or a budget halted a batch
    REVIEW_WAITING = "review.waiting"  # images of a batch wait for people
    BUDGET_NEAR = "budget.near"  # most of a budget is spent
    TROUBLE_BEGUN = "trouble.begun"  # something has waited for a minute
    TROUBLE_ENDED = "trouble.ended"  # it waits no more
    PING = "ping"  # `sluice webhooks ping`


class Format(StrEnum):
    """What a message looks like."""

    STANDARD = "standard"  # JSON as the Standard Webhooks specification has it
    SLACK = "slack"  # {"text": …}, as Slack, Mattermost and others take it
    EMAIL = "email"  # a mail to the address of a mailto: URL


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told of events."""

    id: int
    url: str
    events: tuple[str, ...]
    format: Format
    secret: str
    created_by: str
    created_at: datetime

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> "Webhook":
        """From a row of the table ``webhooks``."""
        return cls(
            row.id, row.url, tuple(row.events), Format(row.format), row.secret, row.created_by, row.created_at
        )


def without_path(url: str) -> str:
    """A webhook's URL for pages: paths of chats' webhooks are secrets, by which anybody may write there."""
    parts = urlsplit(url)
    return url if parts.scheme == "mailto" else f"{parts.scheme}://{parts.hostname}/…"


def add(connection: sa.Connection, url: str, events: Collection[Event], kind: Format, person: str) -> Webhook:
    """Record a webhook with a new secret (192 bits)."""
    secret = PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()
    values = {
        "url": url,
        "events": sorted(events),
        "format": kind.value,
        "secret": secret,
        "created_by": person,
    }
    row = connection.execute(sa.insert(webhooks).values(values).returning(webhooks)).one()
    return Webhook.from_row(row)


def listed(connection: sa.Connection) -> list[Webhook]:
    """The webhooks that were not removed, oldest first."""
    query = sa.select(webhooks).where(webhooks.c.removed_at.is_(None)).order_by(webhooks.c.id)
    return [Webhook.from_row(row) for row in connection.execute(query)]


def remove(connection: sa.Connection, webhook_id: int) -> None:
    """End a webhook; what was not delivered yet is not sent any more. Its log stays.

    Raises:
        InputError: there is none of that id.
    """
    removed = connection.execute(
        sa.update(webhooks)
        .where(webhooks.c.id == webhook_id, webhooks.c.removed_at.is_(None))
        .values(removed_at=sa.func.now())
    )
    if not removed.rowcount:
        raise _unknown(webhook_id)
    waiting = sa.update(webhook_deliveries).where(webhook_deliveries.c.webhook_id == webhook_id)
    connection.execute(waiting.values(due_at=None))


def ping(connection: sa.Connection, webhook_id: int) -> int:
    """Record a test message for one webhook and answer the delivery.

    Raises:
        InputError: there is no webhook of that id.
    """
    if webhook_id not in [webhook.id for webhook in listed(connection)]:
        raise _unknown(webhook_id)
    values = {"kind": Event.PING.value, "subject": f"webhook {webhook_id}", "data": {"webhook": webhook_id}}
    event_id = connection.scalar(
        sa.insert(webhook_events)
        .values(values | {"announced_at": sa.func.now()})
        .returning(webhook_events.c.id)
    )
    new = sa.insert(webhook_deliveries).values(webhook_id=webhook_id, event_id=event_id)
    return int(connection.execute(new.returning(webhook_deliveries.c.id)).scalar_one())


def _unknown(webhook_id: int) -> InputError:
    return InputError(f"there is no webhook {webhook_id}; `sluice webhooks list` shows them")
