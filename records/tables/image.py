"""Images, their steps, and every move of their state."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.states import ImageState
from records.tables.columns import NOW, TIME, batch_state, identity, image_state, metadata

images = sa.Table(
    "images",
    metadata,
    identity(),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="path inside the upload"),
    sa.Column("source", sa.Text, nullable=False, comment="key of the original in the bucket"),
    sa.Column(
        "tag",
        sa.Text,
        nullable=False,
        server_default="",
        comment="what the bucket said of the original when it was taken; empty: not asked",
    ),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, comment="of the original, known after admission"),
    sa.Column("state", image_state, nullable=False, server_default=ImageState.WAITING.value),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("sentence", sa.Text, nullable=False, server_default=""),
    sa.Column("artifact", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("judged", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column(
        "counted",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="by the breaker, since it last closed",
    ),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("probe", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("step", sa.Integer, nullable=False, server_default="0", comment="position of its next step"),
    sa.Column("current", sa.Text, comment="key of the picture as it stands"),
    sa.Column("mask", sa.Text, comment="key of what is to be edited"),
    sa.Column("proposal", sa.Text, comment="key of a flagged step's result, taken up if accepted"),
    sa.Column("proposal_mask", sa.Text, comment="key of a mask found but not approved"),
    sa.Column("facts", JSONB, nullable=False, server_default="{}"),
    sa.Column("shard_id", sa.BigInteger, sa.ForeignKey("shards.id")),
    sa.Column("losses", sa.Integer, nullable=False, server_default="0", comment="workers lost on it"),
    sa.Column("file", sa.Text, comment="delivered path below the batch's folder"),
    sa.Column("fold", sa.Text, comment="what a file system may take that path for"),
    sa.Column(
        "raw_name",
        sa.Text,
        comment="bytes of the name that are no UTF-8, as %XX; null where they are the name",
    ),
    sa.Column(
        "severity",
        sa.REAL,
        nullable=False,
        server_default="0",
        comment="how far beyond its limit it was flagged, as a share of the limit",
    ),
    sa.Column("template", sa.BigInteger, comment="vendor template of a region of it, when it was flagged"),
    sa.UniqueConstraint("batch_id", "name", name="images_name"),
    sa.UniqueConstraint("batch_id", "fold", name="images_file", deferrable=True, initially="DEFERRED"),
    sa.Index(
        "images_front", "batch_id", "recipe", "step", "id", postgresql_where=sa.text("state = 'waiting'")
    ),
    sa.Index("images_shard", "shard_id", postgresql_where=sa.text("shard_id IS NOT NULL")),
    sa.Index("images_state", "batch_id", "state", "id"),
    sa.Index("images_flagged", "batch_id", "reason", "id", postgresql_where=sa.text("state = 'flagged'")),
    sa.Index(
        "images_severity",
        "batch_id",
        "reason",
        "severity",
        "id",
        postgresql_where=sa.text("state = 'flagged'"),
    ),
    sa.Index(
        "images_similar",
        "batch_id",
        "reason",
        "template",
        "severity",
        "id",
        postgresql_where=sa.text("state = 'flagged' AND template IS NOT NULL"),
    ),
    sa.Index("images_with_text", "batch_id", postgresql_where=sa.text("facts -> 'regions' -> 0 IS NOT NULL")),
)

image_counts = sa.Table(
    "image_counts",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("state", image_state, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("images", sa.BigInteger, nullable=False),
    sa.Column("positions", sa.BigInteger, nullable=False, comment="sum of the positions of their next steps"),
    sa.Column("judged", sa.BigInteger, nullable=False),
    sa.Column("artifacts", sa.BigInteger, nullable=False),
    comment="images of each batch, kept by triggers in the transaction that changes them",
)

steps = sa.Table(
    "steps",
    metadata,
    identity(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("shard_id", sa.BigInteger, sa.ForeignKey("shards.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("transform", sa.Text, nullable=False),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("revision", sa.Text),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("input", sa.Text, comment="key of the picture that went in"),
    sa.Column("input_mask", sa.Text),
    sa.Column("output", sa.Text),
    sa.Column("output_mask", sa.Text, comment="key of the mask it left for later steps"),
    sa.Column("touched", sa.Text, comment="key of the feathered mask of what was allowed to change"),
    sa.Column("facts", JSONB, nullable=False, comment="what was known before the step"),
    sa.Column("verdict", sa.Text, nullable=False, comment="pass, flag, refuse or fail"),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("readings", JSONB, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column(
        "made_with",
        JSONB,
        nullable=False,
        server_default="{}",
        comment="options and weights of the model, hardware, threads and versions of libraries",
    ),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Column("rollout_id", sa.BigInteger, comment="the rollout whose candidate made the output"),
    sa.UniqueConstraint("image_id", "shard_id", "position", name="steps_once"),
    sa.Index("steps_batch", "batch_id", "transform"),
    sa.Index("steps_rollout", "rollout_id", "image_id", postgresql_where=sa.text("rollout_id IS NOT NULL")),
)

events = sa.Table(
    "events",
    metadata,
    identity(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column("old", image_state, nullable=False),
    sa.Column("new", image_state, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Index("events_image", "image_id"),
    sa.Index("events_batch", "batch_id"),
    comment="every move of an image, written by a trigger",
)

image_moves = sa.Table(
    "image_moves",
    metadata,
    sa.Column("old", image_state, primary_key=True),
    sa.Column("new", image_state, primary_key=True),
    comment="the legal moves, as line.states says",
)

batch_moves = sa.Table(
    "batch_moves",
    metadata,
    sa.Column("old", batch_state, primary_key=True),
    sa.Column("new", batch_state, primary_key=True),
    comment="the legal moves, as line.states says",
)
