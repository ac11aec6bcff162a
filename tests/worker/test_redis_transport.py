"""An idle worker waits long at Redis: no message and no end waits for it, and a lost acknowledgement blocks nobody."""

import os
import queue
import select
import signal
import threading
import time
from typing import Any

import pytest
from redis.exceptions import ConnectionError as LostConnectionError

from tests.harness.services import Servers
from tests.harness.system.celery import broker_at
from worker.redis_transport import WAIT_SECONDS, Channel, QoS, signal_reader

pytestmark = pytest.mark.services


def test_a_waiting_channel_closes_without_waiting_for_its_request_to_end(servers: Servers) -> None:
    servers.broker().flushdb()
    with broker_at(servers.broker_url).app.connection_for_write() as connection:
        channel: Any = connection.channel()
        assert type(channel) is Channel
        waiting = connection.SimpleQueue("admit", channel=channel)
        with pytest.raises(queue.Empty):
            waiting.get(timeout=0.1)
        assert channel._in_poll, "its request lies at Redis"
        started = time.monotonic()
        waiting.close()
        channel.close()
        assert time.monotonic() - started < WAIT_SECONDS / 2


def test_a_signal_ends_the_wait_of_a_loop() -> None:
    before = signal.set_wakeup_fd(-1)
    handler = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        reader = signal_reader()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert select.select([reader], [], [], WAIT_SECONDS)[0] == [reader]
        assert reader.recv(64) == bytes([signal.SIGUSR1])
    finally:
        signal.signal(signal.SIGUSR1, handler)
        signal.set_wakeup_fd(before)
        signal_reader().close()
        signal_reader.cache_clear()


def test_a_message_ends_the_wait(servers: Servers) -> None:
    servers.broker().flushdb()
    app = broker_at(servers.broker_url).app
    with app.connection_for_write() as connection, app.connection_for_write() as other:
        waiting = connection.SimpleQueue("admit")
        with pytest.raises(queue.Empty):
            waiting.get(timeout=0.1)
        sending = threading.Timer(0.2, lambda: other.SimpleQueue("admit").put({"number": 1}))
        started = time.monotonic()
        sending.start()
        message = waiting.get(timeout=WAIT_SECONDS)
        assert message.payload == {"number": 1}
        assert time.monotonic() - started < WAIT_SECONDS / 2
        message.ack()
        sending.join()
        waiting.close()


@pytest.mark.parametrize("end", ["ack", "reject", "requeue"])
def test_a_message_whose_acknowledgement_is_lost_blocks_no_other(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    servers.broker().flushdb()
    with broker_at(servers.broker_url).app.connection_for_write() as connection:
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)
        queue = connection.SimpleQueue("admit", channel=channel)
        for number in (1, 2):
            queue.put({"number": number})
        first = queue.get(timeout=20)
        assert isinstance(channel.qos, QoS)
        assert not channel.qos.can_consume()

        def lose(*_: object, **__: object) -> None:
            raise LostConnectionError("Error 32 while writing to socket. Broken pipe.")

        with monkeypatch.context() as lost:
            lost.setattr(channel.qos, "_remove_from_indices", lose)
            lost.setattr(channel.qos, "restore_by_tag", lose)
            with pytest.raises(LostConnectionError):
                first.ack() if end == "ack" else first.reject(requeue=end == "requeue")
        assert channel.qos.can_consume()
        second = queue.get(timeout=20)
        assert (first.payload["number"], second.payload["number"]) == (1, 2)
        second.ack()
        queue.close()
