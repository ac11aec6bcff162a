"""The tables of rollouts, as the newest migration leaves them."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.states import RolloutState
from records.tables.columns import NOW, TIME, count_column, identity, metadata, rollout_state

rollouts = sa.Table(
    "rollouts",
    metadata,
    identity(),
    sa.Column("step", sa.Text, nullable=False, comment="the transform whose model is compared"),
    sa.Column("incumbent", sa.Text, nullable=False, comment="the model in use"),
    sa.Column("candidate", sa.Text, nullable=False),
    sa.Column("revision", sa.Text, nullable=False, comment="of the candidate"),
    sa.Column(
        "weights", sa.Text, nullable=False, server_default="", comment="SHA-256 of the candidate's weights"
    ),
    sa.Column("state", rollout_state, nullable=False, server_default=RolloutState.SHADOW.value),
    sa.Column("share", sa.Float, nullable=False, comment="of the photos that go through both models now"),
    sa.Column("margin", sa.Float, nullable=False, comment="rise of the artifact rate that is still harmless"),
    sa.Column(
        "max_latency", sa.Float, nullable=False, comment="times that the candidate may take as long, at most"
    ),
    sa.Column("max_pairs", sa.BigInteger, nullable=False, comment="pairs after which a person decides"),
    sa.Column(
        "options",
        JSONB,
        nullable=False,
        server_default=sa.text("'{}'"),
        comment="of the candidate, with its defaults written out",
    ),
    count_column("worse", "pairs in which only the candidate's result was flagged", sa.BigInteger),
    count_column("better", "pairs in which only the result of the model in use was", sa.BigInteger),
    count_column("equal", "pairs in which both or neither were", sa.BigInteger),
    count_column("stage_began", "pairs when the present share began", sa.BigInteger),
    sa.Column("incumbent_seconds", sa.Double, nullable=False, server_default="0", comment="over all pairs"),
    sa.Column("candidate_seconds", sa.Double, nullable=False, server_default="0", comment="over all pairs"),
    count_column("lost_workers", "workers that were lost as a whole while the candidate ran"),
    count_column("prefers_incumbent", "blind answers for the picture of the model in use", sa.BigInteger),
    count_column("prefers_candidate", "blind answers for the candidate's picture", sa.BigInteger),
    count_column("prefers_neither", "blind answers that see no difference", sa.BigInteger),
    sa.Column("reason", sa.Text, nullable=False, server_default="", comment="of the last move"),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("started_at", TIME, nullable=False, server_default=NOW),
    sa.Column("decided_by", sa.Text, comment="evidence, breaker or a person; null while it is open"),
    sa.Column("decided_at", TIME),
    sa.Column("cleared_at", TIME, comment="when no photo was left that went on with a rolled back candidate"),
    sa.CheckConstraint("share > 0 AND share <= 1", name="rollouts_share"),
    sa.Index(
        "rollouts_trying",
        "step",
        "incumbent",
        unique=True,
        postgresql_where=sa.text("state IN ('shadow', 'ramp')"),
    ),
    comment="candidate models, each compared with the model in use on pairs of results",
)

rollout_pairs = sa.Table(
    "rollout_pairs",
    metadata,
    sa.Column("rollout_id", sa.BigInteger, sa.ForeignKey("rollouts.id"), primary_key=True),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column(
        "shard_id", sa.BigInteger, nullable=False, comment="the shard whose step began to run the candidate"
    ),
    sa.Column(
        "outcome",
        sa.Text,
        comment="worse, better, equal or lost; null while the candidate runs, or if its process died",
    ),
    sa.Column("reason", sa.Text, nullable=False, server_default="", comment="the limit that was broken"),
    sa.Column("is_shipped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("input", sa.Text, comment="key of the picture that went into both; null unless stored"),
    sa.Column("incumbent_output", sa.Text),
    sa.Column("candidate_output", sa.Text),
    sa.Column("answer", sa.Text, comment="incumbent, candidate or neither: which picture a person prefers"),
    sa.Column("answered_by", sa.Text),
    sa.Column("answered_at", TIME),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Index("rollout_pairs_batch", "rollout_id", "batch_id"),
    sa.Index("rollout_pairs_image", "image_id"),
    sa.Index(
        "rollout_pairs_open",
        "rollout_id",
        postgresql_where=sa.text("candidate_output IS NOT NULL AND answer IS NULL"),
    ),
    comment="one photo through both models of a rollout, counted once however often its step is repeated",
)

rollout_moves = sa.Table(
    "rollout_moves",
    metadata,
    sa.Column("old", rollout_state, primary_key=True),
    sa.Column("new", rollout_state, primary_key=True),
    comment="the legal moves, as line.states says",
)
