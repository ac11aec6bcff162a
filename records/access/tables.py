"""The tables of programs that use the HTTP API, as the newest migration leaves them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from records.tables import metadata
from records.tables.columns import NOW, TIME, identity

tokens = sa.Table(
    "tokens",
    metadata,
    identity(),
    sa.Column("name", sa.Text, nullable=False, comment="of the program, as in events.actor behind api:"),
    sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False, comment="see records.access.tokens.Scope"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the token, which is stored nowhere"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Column("expires_at", TIME),
    sa.Column("used_at", TIME, comment="to the minute"),
    sa.Column("revoked_at", TIME),
    sa.UniqueConstraint("digest", name="tokens_digest"),
    sa.Index("tokens_name", "name", unique=True, postgresql_where=sa.text("revoked_at IS NULL")),
    comment="credentials of programs that use the HTTP API",
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    comment="secrets that all processes of the line share",
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("token_id", sa.BigInteger, sa.ForeignKey("tokens.id"), primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False, comment="SHA-256 of the request"),
    sa.Column("status", sa.Integer, comment="of the answer; null while the request is processed"),
    sa.Column("body", JSONB(none_as_null=True)),
    sa.Column("begun_at", TIME, nullable=False, server_default=NOW),
    comment="requests that are carried out once, however often they are sent",
)

transfers = sa.Table(
    "transfers",
    metadata,
    identity(),
    sa.Column("token_id", sa.BigInteger, sa.ForeignKey("tokens.id"), nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="of the upload in the bucket"),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Column("completed_at", TIME),
    sa.UniqueConstraint("prefix", name="transfers_prefix"),
    comment="uploads that programs send by parts or name in the bucket",
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="SHA-256 of the cookie"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column(
        "credential",
        sa.Text,
        nullable=False,
        comment="digest of what the person logged in by; the session ends when that changes",
    ),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Column("used_at", TIME, nullable=False, server_default=NOW),
    comment="logins of people at the desk that have not ended",
)
