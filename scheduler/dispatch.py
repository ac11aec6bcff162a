"""Publishing: one Celery chain for each shard, after the commit that recorded it. Messages carry ids only."""

import logging
from collections.abc import Sequence
from typing import Any

from celery import Celery, chain

from line.errors import ServiceError
from records import shards
from records.database import Database
from records.shards import ShardMessage
from tasks.registry import task_name
from worker.broker import Broker

log = logging.getLogger(__name__)


class Dispatcher:
    """Sends the messages of shards.

    Args:
        database: holds the shards.
        broker: takes the messages.
    """

    def __init__(self, database: Database, broker: Broker) -> None:
        self.database, self.broker = database, broker

    def publish(self, shard_ids: Sequence[int]) -> None:
        """Send the messages of these shards; see :meth:`send`."""
        if shard_ids:
            self.send(self.database.transact(lambda connection: shards.messages(connection, shard_ids)))

    def send(self, messages: Sequence[ShardMessage]) -> None:
        """Send messages of shards whose transaction is committed.

        What cannot be sent now (Redis is away, this process dies) is found by the sweep, so nothing
        here needs to be certain.
        """
        if not messages:
            return
        try:
            self.broker.send(shard_chain(self.broker.app, message) for message in messages)
        except ServiceError as error:
            log.warning("%d shards not sent: %s", len(messages), error)


def message_id(message: ShardMessage, at: int) -> str:
    """``batch.shard.step.attempt``: the same shard at the same step and attempt has the same id."""
    return f"{message.batch_id}.{message.number}.{at}.{message.attempt}"


def describe(message: ShardMessage) -> str:
    """The arguments as Flower shows them."""
    images = "1 image" if message.images == 1 else f"{message.images} images"
    upload = f"{message.vendor}/{message.upload}"
    return f"batch {message.batch_id} ({upload}), shard {message.number}, {images}"


def shard_chain(app: Celery, message: ShardMessage) -> Any:
    """The steps that lie before a shard, as immutable signatures on their transforms' queues."""
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
