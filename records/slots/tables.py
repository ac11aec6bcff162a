"""The tables of slots and comparisons, as the newest migration leaves them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from records.tables.columns import NOW, TIME, identity, metadata

slot_changes = sa.Table(
    "slot_changes",
    metadata,
    identity(),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("options", JSONB, nullable=False, comment="of the model, with its defaults written out"),
    sa.Column("evidence", sa.Text, nullable=False, comment="first, match, rollout or unsafe"),
    sa.Column("evidence_id", sa.BigInteger, comment="of the match or rollout"),
    sa.Column(
        "is_revert",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="it took the previous change back, and has that change's evidence",
    ),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Index("slot_changes_newest", "slot", "id"),
    comment="every change of what a slot holds; the newest of a slot holds",
)

matches = sa.Table(
    "matches",
    metadata,
    identity(),
    sa.Column("transform", sa.Text, nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("models", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("revisions", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("pictures", sa.BigInteger, nullable=False),
    sa.Column(
        "worse",
        sa.ARRAY(sa.Text),
        nullable=False,
        comment="models that are significantly worse in quality or flags",
    ),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("figures", JSONB, nullable=False, comment="as the command prints them"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Index("matches_models", "task", "models"),
    comment="comparisons of two models on the same pictures",
)
