"""The sweep: finds shards that a death, a cut-off worker or a lost message left behind, and sends them again."""

import logging
from functools import partial

from line.errors import ServiceError
from line.settings import settings
from records import lost_shards
from records.database import transact
from records.process_identity import is_known_dead
from scheduler.dispatch import publish
from tasks.registry import registry
from worker.broker import queued_ids

log = logging.getLogger(__name__)


def sweep() -> None:
    """One round: shards of dead workers are split and sent, lost messages are sent again."""
    for lost in transact(lambda connection: lost_shards.expired(connection, is_known_dead)):
        parts = transact(
            partial(lost_shards.take_back, lost=lost, is_dead=is_known_dead, delivering=_delivering())
        )
        log.warning(
            "batch %d: a shard lost its worker and goes on in %d parts",
            lost.batch_id,
            len(parts),
            extra={"batch": lost.batch_id},
        )
        publish(parts)
    _send_again()


def _delivering() -> set[str]:
    return {transform.name for transform in registry().transforms.values() if transform.delivers}


def _send_again() -> None:
    grace = settings().grace_seconds
    waiting = transact(lambda connection: lost_shards.unclaimed(connection, grace))
    if not waiting:
        return
    try:
        queued = queued_ids({transform.queue for transform in registry().transforms.values()})
    except ServiceError as error:
        log.warning("lost messages cannot be looked for: %s", error)
        return
    present = {message.rpartition(".")[0] for message in queued}  # whatever the attempt
    missing = [row.id for row in waiting if f"{row.batch_id}.{row.number}.{row.at}" not in present]
    if missing:
        due = transact(lambda connection: lost_shards.count_attempt(connection, missing, grace))
        if due:  # another scheduler or the worker itself may have been quicker
            log.warning("%d shards had no message in the broker: sent again", len(due))
            publish(due)
