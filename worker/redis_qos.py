"""kombu's account of unacknowledged messages on Redis, in which a lost acknowledgement blocks no worker."""

from kombu.transport import redis, virtual
from redis.exceptions import RedisError


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
