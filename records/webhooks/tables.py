"""The tables of webhooks, as the newest migration leaves them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from records.tables import metadata
from records.tables.columns import NOW, TIME, count_column, identity

webhooks = sa.Table(
    "webhooks",
    metadata,
    identity(),
    sa.Column("url", sa.Text, nullable=False, comment="https:// or mailto:"),
    sa.Column("events", sa.ARRAY(sa.Text), nullable=False, comment="see records.webhooks.events.Event"),
    sa.Column("format", sa.Text, nullable=False, comment="standard, slack or email"),
    sa.Column("secret", sa.Text, nullable=False, comment="that messages are signed with, as whsec_BASE64"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Column("removed_at", TIME),
    comment="who is told of events",
)

webhook_events = sa.Table(
    "webhook_events",
    metadata,
    identity(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "subject", sa.Text, nullable=False, comment="what it is about, so that a short trouble is left out"
    ),
    sa.Column("data", JSONB, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Column("due_at", TIME, nullable=False, server_default=NOW, comment="when it is announced"),
    sa.Column("announced_at", TIME, comment="when its deliveries were recorded"),
    sa.Index("webhook_events_due", "due_at", postgresql_where=sa.text("announced_at IS NULL")),
    comment="what happened, written by triggers while there is a webhook",
)

webhook_deliveries = sa.Table(
    "webhook_deliveries",
    metadata,
    identity(),
    sa.Column("webhook_id", sa.BigInteger, sa.ForeignKey("webhooks.id"), nullable=False),
    sa.Column("event_id", sa.BigInteger, sa.ForeignKey("webhook_events.id"), nullable=False),
    count_column("attempts", "times sent"),
    sa.Column(
        "due_at", TIME, server_default=NOW, comment="when it is sent next; null: never again by itself"
    ),
    sa.Column("sent_at", TIME, comment="the last time"),
    sa.Column("delivered_at", TIME),
    sa.Column("status", sa.Integer, comment="of the last answer"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Index("webhook_deliveries_due", "due_at", postgresql_where=sa.text("due_at IS NOT NULL")),
    sa.Index("webhook_deliveries_webhook", "webhook_id", "id"),
    comment="an event for one webhook, and what became of it",
)
