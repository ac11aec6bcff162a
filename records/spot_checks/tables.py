"""Spot checks: one for each batch, its questions to people, and pictures whose quality is settled."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from records.tables.columns import NOW, TIME, identity, metadata

spot_checks = sa.Table(
    "spot_checks",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seed", sa.BigInteger, nullable=False, comment="of the random sample"),
    sa.Column(
        "control_share",
        sa.REAL,
        nullable=False,
        server_default="0",
        comment="share of questions about controls",
    ),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("started_at", TIME, nullable=False, server_default=NOW),
    comment="random samples of the delivered pictures of batches",
)

spot_controls = sa.Table(
    "spot_controls",
    metadata,
    identity(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    sa.Column("is_bad", sa.Boolean, nullable=False),
    sa.Column(
        "before", JSONB, nullable=False, comment="where the picture lay before: bucket and key of each"
    ),
    sa.Column("after", JSONB, nullable=False, comment="where the result lay: bucket and key of each"),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Column("removed_at", TIME),
    sa.UniqueConstraint("image_id", name="spot_controls_image"),
    comment="pictures that are certainly good or certainly bad, by which reviewers are measured",
)

spot_questions = sa.Table(
    "spot_questions",
    metadata,
    identity(),
    sa.Column(
        "batch_id", sa.BigInteger, sa.ForeignKey("spot_checks.batch_id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("number", sa.Integer, nullable=False, comment="within its batch, in the order of the draw"),
    sa.Column("is_second", sa.Boolean, nullable=False, comment="asked of a second reviewer"),
    sa.Column(
        "wants_second", sa.Boolean, nullable=False, comment="drawn to be asked of a second reviewer too"
    ),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id", ondelete="CASCADE"), nullable=False),
    sa.Column("control_id", sa.BigInteger, sa.ForeignKey("spot_controls.id", ondelete="CASCADE")),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False, comment="as in events.actor"),
    sa.Column("asked_at", TIME, nullable=False, server_default=NOW),
    sa.Column("shown_at", TIME),
    sa.Column("verdict", sa.Text, comment="good, bad or unclear"),
    sa.Column("answered_at", TIME),
    sa.UniqueConstraint("batch_id", "number", "is_second", name="spot_questions_number"),
    sa.Index("spot_questions_image", "image_id"),
    sa.Index("spot_questions_reviewer", "batch_id", "reviewer", "id"),
    comment="what people were asked in spot checks, and what they answered",
)
