"""kombu's transport for Redis: few wakes while nothing happens, no wait at the end, no worker lost by an outage."""

import signal
import socket
from contextlib import suppress
from functools import cache
from typing import Any, Final

from kombu.transport import redis, virtual
from redis.exceptions import RedisError, ResponseError

WAIT_SECONDS: Final = 10
"""Seconds that an idle worker's request for a message waits at Redis; a message ends it at once."""
BINDING_SECONDS: Final = 60.0
"""Seconds between two looks whether the bindings of queues that expire, after an hour, are to be renewed."""


class QoS(redis.QoS):
    """Counts a message as done also where Redis could not be told so.

    kombu counts it as unacknowledged for ever. With a prefetch of one the worker then takes no other message; it asks
    Redis nothing any more, so that it does not notice the broken connection either. Redis delivers the message again
    after the visibility timeout, which does no harm: its step is done, and the claim refuses it.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except (RedisError, OSError):
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        except (RedisError, OSError):
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    """A channel whose waiting request is ended before it closes: kombu waits for the answer, up to WAIT_SECONDS."""

    QoS = QoS
    _in_poll: Any
    """The connection on which a request waits; kombu's."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting_socket: Any = None
        self._waiting_id: int | None = None

    def _brpop_start(self, timeout: float | None = None) -> None:
        connection = self.client.connection
        if self.active_queues and connection._sock is not self._waiting_socket:
            self._waiting_id = _client_id(connection)
            self._waiting_socket = connection._sock
        kombu: Any = super()
        kombu._brpop_start(timeout)

    def close(self) -> None:
        if self._in_poll and self._waiting_id is not None:
            # a Redis that does not answer, or does not allow it, is waited for as before
            with suppress(RedisError, OSError), self.conn_or_acquire() as client:
                client.execute_command("CLIENT", "UNBLOCK", self._waiting_id)
        super().close()


def _client_id(connection: Any) -> int | None:
    """Redis' number of a connection; None where it does not tell."""
    try:
        connection.send_command("CLIENT", "ID")
        return int(connection.read_response())
    except ResponseError:
        return None


@cache
def signal_reader() -> socket.socket:
    """Readable after each signal of this process; call it in the main thread."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    return reader


class Transport(redis.Transport):
    """The transport of every process of the line."""

    Channel = Channel
    # kombu's own setting for it, polling_interval, would also make whoever asks the workers something sleep that long
    # between two answers
    brpop_timeout = WAIT_SECONDS

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """As kombu does, but look after bindings every minute, not every second, and wake for a signal.

        Python goes on waiting for events after a signal's handler (PEP 475), and only the loop ends a worker.
        """
        super().register_with_event_loop(connection, loop)
        cycle: Any = self.cycle
        cycle._binding_expiry_tref.cancel()
        cycle._binding_expiry_tref = loop.call_repeatedly(BINDING_SECONDS, cycle.maybe_refresh_binding_expiry)
        reader = signal_reader()
        loop.add_reader(reader.fileno(), reader.recv, 64)
