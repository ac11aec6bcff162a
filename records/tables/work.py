"""Shards, the workers that do them, and delivered files to take away."""

import sqlalchemy as sa

from line.states import ShardState
from records.tables.columns import NOW, TIME, count_column, identity, metadata, shard_state

shards = sa.Table(
    "shards",
    metadata,
    identity(),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False, comment="within its batch"),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("route", sa.ARRAY(sa.Integer), nullable=False, comment="positions in the recipe"),
    sa.Column("transforms", sa.ARRAY(sa.Text), nullable=False, comment="the transform at each of them"),
    sa.Column("queues", sa.ARRAY(sa.Text), nullable=False, comment="the queue of each of them"),
    sa.Column("at", sa.Integer, nullable=False, server_default="0", comment="index into route, 0-based"),
    sa.Column("state", shard_state, nullable=False, server_default=ShardState.OPEN.value),
    sa.Column("images", sa.Integer, nullable=False),
    sa.Column("megapixels", sa.Float, nullable=False),
    sa.Column("losses", sa.Integer, nullable=False, server_default="0", comment="workers lost on it"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1", comment="times published"),
    sa.Column("published_at", TIME, nullable=False, server_default=NOW),
    sa.Column("lease_node", sa.Text),
    sa.Column("lease_host", sa.Text),
    sa.Column("lease_pid", sa.Integer),
    sa.Column("lease_until", TIME),
    sa.Column("lease_process", sa.Text, comment="identity of the process that holds the lease"),
    sa.Column("lease_worker", sa.Text, comment="identity of that process' worker, as in workers.process"),
    count_column("expiries", "leases that ran out in a row without a known death"),
    count_column(
        "failures", "tries in a row that an outage ended; each makes the pause before the next longer"
    ),
    count_column("images_done", "in the step under way"),
    sa.UniqueConstraint("batch_id", "number", name="shards_number"),
    sa.Index("shards_open", "state", "batch_id", postgresql_where=sa.text("state <> 'done'")),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column(
        "process",
        sa.Text,
        primary_key=True,
        server_default="",
        comment="identity of the process: two hosts may share a name",
    ),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("queues", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("seen_at", TIME, nullable=False, server_default=NOW),
    sa.Column(
        "trouble",
        sa.Text,
        nullable=False,
        server_default="",
        comment="what it cannot do, and how to mend that",
    ),
    sa.Column("memory", sa.BigInteger, comment="bytes of its processes in memory"),
    sa.Column("device_memory", sa.BigInteger, comment="bytes in use on its GPU, by all processes"),
    sa.Column("device_memory_total", sa.BigInteger, comment="bytes that its GPU has"),
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column(
        "certain",
        sa.Boolean,
        nullable=False,
        comment="it was recorded as delivered; else a lost worker may have written it",
    ),
    sa.Column(
        "renditions",
        sa.ARRAY(sa.Text),
        nullable=False,
        server_default="{}",
        comment="paths of the files beside it that go with it",
    ),
    comment="delivered files to take away once no image stands for them",
)
