"""Tables of what was forgotten; importing this module adds them to the schema."""

import sqlalchemy as sa

from records.tables import metadata

forgotten_batches = sa.Table(
    "forgotten_batches",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("upload", sa.Text, nullable=False),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("images", sa.BigInteger, nullable=False),
    sa.Column("generated", sa.BigInteger, nullable=False, comment="images with generated content"),
    sa.Column(
        "delivered", sa.Text, nullable=False, comment="folder of the delivered files and their manifest"
    ),
    sa.Column("taken_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("forgotten_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("actor", sa.Text, nullable=False),
    comment="batches whose records a person had removed",
)

forgotten_objects = sa.Table(
    "forgotten_objects",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    comment="keys that forgotten records named; the objects go once no record names them",
)
