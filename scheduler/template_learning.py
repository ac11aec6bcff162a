"""Asks a worker to learn vendor templates from every batch in which all text has been found."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from line.errors import ServiceError
from records import batches, recipes, templates
from records.batches import Batch
from records.database import Database
from tasks.registry import LEARN_TEMPLATES, task_name
from worker.broker import Broker
from worker.queues import Queue

log = logging.getLogger(__name__)

RESEND_SECONDS = 60.0
"""Pause after which a batch that is still due is sent again: its message or its worker was lost."""
MAX_WAIT_SECONDS = 120.0
"""Maximum time for which a batch's manifest waits for its templates."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """When a due batch was sent first and last (monotonic seconds), and when it had been learnt from by then."""

    first: float
    last: float
    surveyed_at: datetime | None


class TemplateLearning:
    """Sends one task for each batch that is due; several schedulers may, as learning twice does no harm.

    Learning reads pixels, so a worker of the text queue does it and never the scheduler.

    Args:
        database: tells which batches are due.
        broker: takes the messages.
    """

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database, self._broker = database, broker
        self._sent: dict[int, _Sent] = {}

    def send_due(self) -> None:
        """Send what is due and was not sent within ``RESEND_SECONDS``.

        A batch that was learnt from since its message was sent, and was searched again after that, does not wait for
        the pause: no message of it is on its way.
        """
        autocommit = self._database.autocommit
        due = [batch for batch in autocommit(templates.due) if autocommit(partial(is_searched, batch=batch))]
        before, self._sent = self._sent, {}
        now = time.monotonic()
        for batch in due:
            sent = before.get(batch.id)
            if sent is not None and sent.surveyed_at != batch.surveyed_at:
                sent = None
            if (sent is None or now - sent.last >= RESEND_SECONDS) and self._send(batch.id):
                sent = _Sent(sent.first if sent else now, now, batch.surveyed_at)
            if sent is not None:
                self._sent[batch.id] = sent

    def is_pending(self, batch_id: int) -> bool:
        """Whether a worker was asked to learn from a batch not long ago, and has not done so yet.

        The records are asked: once a batch is learnt from, ``send_due`` may not be called for a long time.
        """
        sent = self._sent.get(batch_id)
        if sent is None or time.monotonic() - sent.first >= MAX_WAIT_SECONDS:
            return False
        batch = self._database.autocommit(partial(batches.get, batch_id=batch_id))
        return batch.surveyed_at == sent.surveyed_at

    def _send(self, batch_id: int) -> bool:
        """Send the task; False where the broker is away."""
        message = self._broker.app.signature(
            task_name(LEARN_TEMPLATES),
            args=(batch_id,),
            immutable=True,
            task_id=f"{LEARN_TEMPLATES}.{batch_id}",
            queue=Queue.FIND_TEXT.value,
            argsrepr=f"batch {batch_id}",
        )
        try:
            self._broker.send([message])
        except ServiceError as error:
            log.warning("batch %d: %s not sent: %s", batch_id, LEARN_TEMPLATES, error)
            return False
        return True


def is_searched(connection: sa.Connection, batch: Batch) -> bool:
    """Whether no image of the batch is still to be searched for text; a batch that is never searched is put aside."""
    position = recipes.load(connection, batch.recipe).position(templates.FINDS)
    if position is None:
        templates.surveyed(connection, batch.id)
        return False
    return templates.is_searched(connection, batch.id, batch.recipe, position)
