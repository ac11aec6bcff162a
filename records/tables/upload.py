"""Uploads, the recipes they ask for, and the batches they become."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.states import BatchState
from records.tables.columns import NOW, TIME, batch_state, count_column, identity, metadata

recipes = sa.Table(
    "recipes",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
)

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("prefix", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("changed_at", TIME, nullable=False, server_default=NOW),
    sa.Column("taken", sa.Text, comment="the digest with which it became a batch"),
    sa.Column("trouble", sa.Text, nullable=False, server_default="", comment="why it cannot be taken"),
    sa.Column(
        "longest_gap",
        sa.Double,
        nullable=False,
        server_default="0",
        comment="seconds between two changes while it arrived, at most",
    ),
    comment="uploads in the ingest bucket, and since when their listing has not changed",
)

batches = sa.Table(
    "batches",
    metadata,
    identity(),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("upload", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="where the originals lie in the bucket"),
    sa.Column("digest", sa.Text, nullable=False, unique=True, comment="of the listing and the recipe"),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("out", sa.Text, nullable=False, comment="URL of the delivered folder"),
    sa.Column("state", batch_state, nullable=False, server_default=BatchState.RUNNING.value),
    sa.Column("images", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("judged", sa.BigInteger, nullable=False, server_default="0", comment="since it last closed"),
    sa.Column("artifacts", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("shards", sa.BigInteger, nullable=False, server_default="0", comment="the last shard's number"),
    sa.Column("halted_at_step", sa.Integer, comment="the step whose verdicts tripped the breaker"),
    sa.Column("halt_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("manifest_due", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Column("finished_at", TIME),
    sa.Column(
        "watermark_rights", sa.Text, comment="the vendor's attestation as it stood when the upload was taken"
    ),
    count_column(
        "other_files", "files of the upload that are no pictures and are not meant to be", sa.BigInteger
    ),
    sa.Column("surveyed_at", TIME, comment="when its texts were last looked through for templates"),
    sa.Column("searched_at", TIME, comment="when its last step that searches for text ended"),
    sa.Column("cost", sa.Float, nullable=False, server_default="0", comment="of all its steps so far"),
    sa.Column("worked_at", TIME, comment="when its last step so far ended"),
    sa.Index(
        "batches_unsurveyed",
        "id",
        postgresql_where=sa.text("surveyed_at IS NULL OR surveyed_at < searched_at"),
    ),
    sa.Index("batches_vendor", "vendor", "id"),
    sa.Index("batches_open", "state", postgresql_where=sa.text("state <> 'done'")),
)

recipe_changes = sa.Table(
    "recipe_changes",
    metadata,
    identity(),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "recipe",
        sa.Text,
        sa.ForeignKey("recipes.digest"),
        nullable=False,
        comment="digest of the recipe that its images follow",
    ),
    sa.Column(
        "runs_as",
        sa.Text,
        sa.ForeignKey("recipes.digest"),
        nullable=False,
        comment="digest of the recipe that its new shards run by",
    ),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Index("recipe_changes_newest", "batch_id", "recipe", "id"),
    comment="new shards of a batch that follow a recipe run by the newest one that took its place",
)
