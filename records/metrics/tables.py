"""The tables of the line's counters, as the newest migration leaves them."""

from typing import Any, Final

import sqlalchemy as sa

from records.tables import metadata

STEP_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the buckets for the time that a step takes for one image (s)."""
WAIT_SECONDS: Final = (
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
)  # fmt: skip
"""Upper bounds of the buckets for the time that a shard waits on its queue (s)."""
SLOTS: Final = 16
"""Rows that share one counter, so that transactions of different batches seldom wait for each other."""


def _counter(name: str, kind: type[sa.types.TypeEngine[Any]] = sa.BigInteger) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


step_counters = sa.Table(
    "step_counters",
    metadata,
    sa.Column("transform", sa.Text, primary_key=True),
    sa.Column("le", sa.Double, primary_key=True, comment="seconds for one image, at most"),
    sa.Column("slot", sa.SmallInteger, primary_key=True, autoincrement=False, comment="id of the batch % 16"),
    _counter("images"),
    _counter("artifacts"),
    _counter("seconds", sa.Double),
    _counter("cost", sa.Double),
    comment="sums over all steps that ever ran; they stay when a batch is forgotten",
)

queue_waits = sa.Table(
    "queue_waits",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("le", sa.Double, primary_key=True, comment="seconds from published to claimed, at most"),
    sa.Column("slot", sa.SmallInteger, primary_key=True, autoincrement=False, comment="id of the shard % 16"),
    _counter("shards"),
    _counter("seconds", sa.Double),
    comment="shards that were ever claimed, raised by a trigger in the transaction that claims them",
)

batch_minutes = sa.Table(
    "batch_minutes",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("minute", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("settled", sa.BigInteger, nullable=False, comment="images that left the line"),
    sa.Column(
        "positions",
        sa.BigInteger,
        nullable=False,
        comment="steps of the recipe that images left behind; all that remain for one that left the line",
    ),
    sa.Column("judged", sa.BigInteger, nullable=False, comment="images that gates judged for the first time"),
    _counter("artifacts"),
    comment="what the steps of each batch did in each minute, raised in the transaction that records them",
)
