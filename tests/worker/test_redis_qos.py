"""A worker whose acknowledgement is lost takes the next message all the same."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as LostConnectionError

from tests.harness.services import Servers
from tests.harness.system.celery import broker_at
from worker.redis_qos import QoS

pytestmark = pytest.mark.services


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
