"""Publishing: one Celery chain for each shard, after the commit that recorded it. Messages carry ids only."""

import logging
from collections.abc import Sequence
from typing import Any

from celery import chain
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from records import shards
from records.database import transact
from records.shards import ShardMessage
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
    messages = transact(lambda connection: shards.messages(connection, shard_ids))
    try:
        with app.producer_pool.acquire(block=True, timeout=5) as producer:
            for message in messages:
                _chain(message).apply_async(producer=producer, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("%d shards not sent: %s", len(messages), explained(error))


def message_id(message: ShardMessage, at: int) -> str:
    """``batch.shard.step.attempt``: the same shard at the same step and attempt has the same id."""
    return f"{message.batch_id}.{message.number}.{at}.{message.attempt}"


def describe(message: ShardMessage) -> str:
    """The arguments as Flower shows them."""
    images = "1 image" if message.images == 1 else f"{message.images} images"
    upload = f"{message.vendor}/{message.upload}"
    return f"batch {message.batch_id} ({upload}), shard {message.number}, {images}"


def _chain(message: ShardMessage) -> Any:
    route = message.route
    steps = [
        app.signature(
            task_name(route.transforms[at]),
            args=(message.shard_id, at),
            immutable=True,
            task_id=message_id(message, at),
            queue=route.queues[at],
            argsrepr=describe(message),
            kwargsrepr="",
        )
        for at in range(message.at, len(route.positions))
    ]
    return chain(*steps) if len(steps) > 1 else steps[0]
