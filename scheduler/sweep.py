"""The sweep: finds shards that a death, a cut-off worker or a lost message left behind, and sends them again."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from line.errors import ServiceError
from records import lost_shards
from records.process_identity import is_known_dead
from scheduler.dispatch import Dispatcher
from tasks.registry import DeclarationRegistry

log = logging.getLogger(__name__)


class Sweep:
    """Repeated looks for stranded shards.

    Args:
        dispatcher: sends them again.
        transforms: name the queues to look into, and the steps that deliver.
        grace_seconds: how long a published message may be invisible (s).
        is_dead: whether a process, by its identity, has certainly ended.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        transforms: DeclarationRegistry[Any],
        grace_seconds: float,
        is_dead: Callable[[str], bool] = is_known_dead,
    ) -> None:
        self._dispatcher, self._database = dispatcher, dispatcher.database
        self._grace_seconds, self._is_dead = grace_seconds, is_dead
        listed = transforms.transforms.values()
        self._queues = {transform.queue for transform in listed}
        self._delivering = {transform.name for transform in listed if transform.delivers}

    def sweep(self) -> None:
        """One round: shards of dead workers are split and sent, lost messages are sent again."""
        transact, autocommit = self._database.transact, self._database.autocommit
        for lost in autocommit(lambda connection: lost_shards.expired(connection, self._is_dead)):
            take_back = partial(
                lost_shards.take_back, lost=lost, is_dead=self._is_dead, delivering=self._delivering
            )
            parts = transact(take_back)
            log.warning(
                "batch %d: a shard lost its worker and goes on in %d parts",
                lost.batch_id,
                len(parts),
                extra={"batch": lost.batch_id},
            )
            self._dispatcher.publish(parts)
        self._send_again()

    def _send_again(self) -> None:
        transact, grace = self._database.transact, self._grace_seconds
        waiting = self._database.autocommit(lambda connection: lost_shards.unclaimed(connection, grace))
        if not waiting:
            return
        try:
            queued = self._dispatcher.broker.queued_ids(self._queues)
        except ServiceError as error:
            log.warning("lost messages cannot be looked for: %s", error)
            return
        present = {message.rpartition(".")[0] for message in queued}  # whatever the attempt
        missing = [row.id for row in waiting if f"{row.batch_id}.{row.number}.{row.at}" not in present]
        if missing:
            due = transact(lambda connection: lost_shards.count_attempt(connection, missing, grace))
            if due:  # another scheduler or the worker itself may have been quicker
                log.warning("%d shards had no message in the broker: sent again", len(due))
                self._dispatcher.publish(due)
