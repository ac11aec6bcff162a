"""The tables of money, as the newest migration leaves them. Amounts are in the currency of the topology file."""

import sqlalchemy as sa

from records.tables import metadata, steps

amount = sa.Numeric(20, 9)
"""Exact, so that what is reserved and given back again is nothing."""

budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True, comment="batch, vendor or month"),
    sa.Column(
        "key", sa.Text, primary_key=True, comment="id of the batch; vendor and month; month as YYYY-MM"
    ),
    sa.Column(
        "ceiling", amount, nullable=False, comment="in the currency of the topology file, as all amounts"
    ),
    sa.Column("spent", amount, nullable=False, server_default="0"),
    sa.Column("reserved", amount, nullable=False, server_default="0"),
    sa.Column("set_by", sa.Text, comment="the person who set the ceiling by hand; null: the topology file"),
    sa.Column(
        "alarmed_at", sa.DateTime(timezone=True), comment="when its alarm was raised under this ceiling"
    ),
    sa.CheckConstraint("reserved >= 0", name="budgets_reserved"),
    comment="accounts of money, one for each batch, vendor and month, or month that has a limit",
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column(
        "shard_id",
        sa.BigInteger,
        sa.ForeignKey("shards.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("month", sa.Text, nullable=False, comment="the month that pays, as YYYY-MM in UTC"),
    sa.Column("estimates", sa.ARRAY(amount), nullable=False, comment="of each step of its route"),
    sa.Column(
        "remaining", amount, nullable=False, comment="still reserved: of the steps that have not ended"
    ),
    comment="what each shard may cost, reserved before it is published",
)

step_totals = sa.Table(
    "step_totals",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("transform", sa.Text, primary_key=True),
    sa.Column("images", sa.BigInteger, nullable=False),
    sa.Column("artifacts", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("cost", sa.Double, nullable=False),
    comment="sums over the steps of each batch, raised in the transaction that records them",
)

sa.Index(
    "steps_recent", steps.c.transform, steps.c.device, steps.c.id
)  # the newest of one transform, for estimates
