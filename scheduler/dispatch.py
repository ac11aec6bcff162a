"""Publishing: one Celery chain for each shard, after the commit that recorded it. Messages carry ids only."""

import logging
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from celery import chain
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from records import shards
from records.database import transact
from tasks.registry import task_name
from worker.broker import explained
from worker.celery import app

log = logging.getLogger(__name__)


def publish(shard_ids: Sequence[int]) -> None:
    """Send the messages of these shards.

    What cannot be sent now (Redis is away, this process dies) is found by the sweep, so nothing
    here needs to be certain.
    """
    if not shard_ids:
        return
    rows = transact(lambda connection: shards.messages(connection, shard_ids))
    try:
        with app.producer_pool.acquire(block=True, timeout=5) as producer:
            for row in rows:
                _chain(row).apply_async(producer=producer, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("%d shards not sent: %s", len(rows), explained(error))


def message_id(row: sa.Row[Any], at: int) -> str:
    """``batch.shard.step.attempt``: the same shard at the same step and attempt has the same id."""
    return f"{row.batch_id}.{row.number}.{at}.{row.attempt}"


def describe(row: sa.Row[Any]) -> str:
    """What Flower shows as the arguments."""
    images = "1 image" if row.images == 1 else f"{row.images} images"
    return f"batch {row.batch_id} ({row.vendor}/{row.upload}), shard {row.number}, {images}"


def _chain(row: sa.Row[Any]) -> Any:
    steps = [
        app.signature(
            task_name(row.transforms[at]),
            args=(row.id, at),
            immutable=True,
            task_id=message_id(row, at),
            queue=row.queues[at],
            argsrepr=describe(row),
            kwargsrepr="",
        )
        for at in range(row.at, len(row.route))
    ]
    return chain(*steps) if len(steps) > 1 else steps[0]
