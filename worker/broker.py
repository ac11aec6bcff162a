"""What the broker holds right now. Queues are short (the window bounds them), so reading them is cheap."""

import json
from collections.abc import Iterable
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from line.errors import ServiceError
from worker.celery import app


def queued_ids(queues: Iterable[str]) -> set[str]:
    """Ids of the tasks that lie in these queues, not yet taken by a worker.

    What a worker has taken is not counted: with one child and prefetch 1 it is claimed at once, or
    its worker is dead.

    Raises:
        ServiceError: the broker cannot be reached.
    """
    ids = set()
    try:
        with app.connection_for_read() as connection:
            client: Any = connection.default_channel.client  # type: ignore[attr-defined]
            for queue in queues:
                for message in client.lrange(queue, 0, -1):
                    ids.add(json.loads(message)["headers"]["id"])
    except (OperationalError, RedisError, OSError) as error:
        raise ServiceError(f"Redis cannot be reached: {error}") from error
    return ids
