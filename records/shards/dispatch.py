"""Making shards from waiting images, and what the scheduler needs to send and count them."""

from collections.abc import Sequence

import sqlalchemy as sa

from line.states import BatchState, ImageState, ShardState
from records.shards.types import NewShard, Route, ShardInFlight, ShardMessage
from records.tables import batches, images, shards

MAX_ATTEMPTS = 4
"""Messages sent for one shard after which it no longer counts against the window of other batches."""


def create(connection: sa.Connection, new: Sequence[NewShard]) -> list[int]:
    """Record shards of one batch, which must be locked, and put their waiting images into them."""
    shard_ids = []
    for shard in new:
        number = connection.scalar(
            sa.update(batches)
            .where(batches.c.id == shard.batch_id)
            .values(shards=batches.c.shards + 1)
            .returning(batches.c.shards)
        )
        shard_id = connection.scalar(
            sa.insert(shards)
            .values(
                batch_id=shard.batch_id,
                number=number,
                recipe=shard.recipe,
                route=list(shard.route.positions),
                transforms=list(shard.route.transforms),
                queues=list(shard.route.queues),
                images=len(shard.image_ids),
                megapixels=shard.megapixels,
                losses=shard.losses,
            )
            .returning(shards.c.id)
        )
        moved = connection.execute(
            sa.update(images)
            .where(images.c.id.in_(shard.image_ids), images.c.state == ImageState.WAITING)
            .values(state=ImageState.WORKING, shard_id=shard_id, step=shard.route.positions[0])
        )
        if moved.rowcount != len(shard.image_ids):
            raise RuntimeError(f"shard {shard_id}: an image moved although its batch was locked")
        shard_ids.append(int(shard_id or 0))
    return shard_ids


def messages(connection: sa.Connection, shard_ids: Sequence[int]) -> list[ShardMessage]:
    """The messages of these shards, as far as they are open."""
    query = (
        sa.select(shards, batches.c.vendor, batches.c.upload)
        .join(batches, batches.c.id == shards.c.batch_id)
        .where(shards.c.id.in_(shard_ids), shards.c.state == ShardState.OPEN)
        .order_by(shards.c.id)
    )
    return [
        ShardMessage(
            shard_id=row.id,
            batch_id=row.batch_id,
            number=row.number,
            at=row.at,
            attempt=row.attempt,
            images=row.images,
            route=Route(tuple(row.route), tuple(row.transforms), tuple(row.queues)),
            vendor=row.vendor,
            upload=row.upload,
        )
        for row in connection.execute(query)
    ]


def in_flight(connection: sa.Connection) -> list[ShardInFlight]:
    """Every open shard."""
    queues_left = shards.c.queues[shards.c.at + 1 : sa.func.cardinality(shards.c.queues)]  # counted from 1
    is_stuck = sa.and_(shards.c.attempt > MAX_ATTEMPTS, shards.c.lease_until.is_(None))
    query = sa.select(shards.c.batch_id, queues_left.label("queues_left"), is_stuck.label("is_stuck")).where(
        shards.c.state == ShardState.OPEN
    )
    return [
        ShardInFlight(row.batch_id, tuple(row.queues_left), row.is_stuck) for row in connection.execute(query)
    ]


def next_keys(connection: sa.Connection, queue: str) -> list[str]:
    """Keys of the pictures of the shard that is probably next on a queue."""
    following = (
        sa.select(shards.c.id)
        .join(batches, batches.c.id == shards.c.batch_id)
        .where(
            shards.c.state == ShardState.OPEN,
            shards.c.lease_until.is_(None),
            shards.c.queues[shards.c.at + 1] == queue,
            batches.c.state.in_((BatchState.RUNNING, BatchState.PROBING)),
        )
        .order_by(shards.c.published_at)
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(images.c.current).where(images.c.shard_id == following).order_by(images.c.id)
    return [key for key in connection.scalars(query) if key is not None]
