"""What the broker holds right now, and whether it can be used. Queues are short, so reading them is cheap."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from line.errors import ServiceError, unreachable


class Broker:
    """The broker of a Celery app.

    Every method raises ServiceError where the broker cannot be reached or does not do it; it says what to do.
    """

    def __init__(self, app: Celery) -> None:
        self.app = app

    def send(self, messages: Iterable[Any]) -> None:
        """Send signatures or chains of the app over one connection; those before a failure are sent."""
        with _explained_errors(), self.app.producer_pool.acquire(block=True, timeout=5) as producer:
            for message in messages:
                message.apply_async(producer=producer, retry=False)

    def queued_ids(self, queues: Iterable[str]) -> set[str]:
        """Ids of the tasks that lie in these queues, not yet taken by a worker.

        What a worker has taken is not counted: with one child and prefetch 1 it is claimed at once, or
        its worker is dead.
        """
        with self._client() as client:
            return {
                json.loads(message)["headers"]["id"]
                for queue in queues
                for message in client.lrange(queue, 0, -1)
            }

    def check_writable(self) -> None:
        """Write a key that expires."""
        with self._client() as client:
            client.set("sluice.writable", "1", ex=60)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        # of the pool that sends: a connection for each call would be most of its cost
        with _explained_errors(), self.app.pool.acquire(block=True, timeout=5) as connection:
            yield connection.default_channel.client  # type: ignore[attr-defined]


@contextmanager
def _explained_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as error:
        raise ServiceError(explained(error)) from error


def explained(error: Exception) -> str:
    """What an error of Redis means, and what to do, in one sentence."""
    text = str(error)
    if "READONLY" in text or "read only replica" in text:
        return "Redis is read-only (a failover?); shards wait until it takes writes, or name its new primary"
    if "OOM" in text or "maxmemory" in text:
        return (
            "Redis has no room (maxmemory); shards wait until it has: free memory, never an evicting policy"
        )
    if "MISCONF" in text:
        return "Redis cannot save to its disk and takes no writes; make room there"
    if "NOAUTH" in text or "WRONGPASS" in text or "invalid username-password" in text:
        return "Redis refuses the password; correct SLUICE_BROKER_URL"
    return str(unreachable("Redis", text or type(error).__name__, "SLUICE_BROKER_URL"))
