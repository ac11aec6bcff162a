"""A worker says in Postgres that it lives; the parent does, which answers even while a task runs."""

import logging
import os
import socket
from typing import Any

from celery import bootsteps
from sqlalchemy.exc import DBAPIError

from line.errors import SluiceError
from line.settings import settings
from records import workers
from records.database import transact

log = logging.getLogger(__name__)

SECONDS = 3.0


class Heartbeat(bootsteps.StartStopStep):
    """Writes the worker's row every few seconds and removes it at a warm stop."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        self.timer = parent.timer.call_repeatedly(SECONDS, self.beat, (parent,))
        self.beat(parent)

    def stop(self, parent: Any) -> None:
        if self.timer:
            self.timer.cancel()
        try:
            transact(lambda connection: workers.leave(connection, parent.hostname), patience=0)
        except (SluiceError, DBAPIError) as error:
            log.warning("%s could not sign off: %s", parent.hostname, error)

    def beat(self, parent: Any) -> None:
        queues = sorted(parent.app.amqp.queues.consume_from)
        try:
            transact(
                lambda connection: workers.beat(
                    connection,
                    node=parent.hostname,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    queues=queues,
                    device=settings().device,
                ),
                patience=0,
            )
        except (SluiceError, DBAPIError) as error:
            log.warning("%s could not write its heartbeat: %s", parent.hostname, error)
