"""What the tables share: the metadata, the enums, and columns that most of them have."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM

from line.states import BatchState, ImageState, RolloutState, ShardState, TemplateState

metadata = sa.MetaData()


def _enum(name: str, values: type[StrEnum]) -> ENUM:
    return ENUM(*(value.value for value in values), name=name, create_type=False, metadata=metadata)


image_state = _enum("image_state", ImageState)
batch_state = _enum("batch_state", BatchState)
shard_state = _enum("shard_state", ShardState)
template_state = _enum("template_state", TemplateState)
rollout_state = _enum("rollout_state", RolloutState)

NOW, TIME = sa.text("now()"), sa.DateTime(timezone=True)


def identity() -> sa.Column[int]:
    """The key of a table, which Postgres counts up."""
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def count_column(name: str, comment: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    """A number that begins at 0."""
    return sa.Column(name, kind, nullable=False, server_default="0", comment=comment)
