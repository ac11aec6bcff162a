"""The sign of life of a worker in Postgres; its parent process gives it, which answers even while a task runs."""

import logging
import math
import os
import socket
import time
from functools import partial
from typing import Any

import sqlalchemy as sa
from celery import bootsteps
from sqlalchemy.exc import DBAPIError

from line.errors import SluiceError
from records import lost_shards, workers
from records.database import Database
from records.process_identity import is_known_dead, process_identity
from records.queries.heartbeat import BEAT_SECONDS
from records.workers import WorkerProcess
from worker.peak_memory import device_memory, process_memory

log = logging.getLogger(__name__)

MEMORY_SECONDS = 60.0
"""Minimum time between two measurements of a worker's memory: reading it walks all pages of each process (s)."""


class Heartbeat(bootsteps.StartStopStep):
    """Writes the worker's row every few seconds and removes it at a warm stop.

    On the way it looks whether a child died while it held a shard: from another host nobody can see that.
    """

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timer: Any = None
        self.process = ""
        self._memory: int | None = None
        self._measured_at = -math.inf
        settings = parent.app.process_settings
        self.device, self.database = settings.device, Database(settings.database())

    def start(self, parent: Any) -> None:
        self.process = process_identity()
        self.timer = parent.timer.call_repeatedly(BEAT_SECONDS, self.beat, (parent,))
        self.beat(parent)

    def stop(self, parent: Any) -> None:
        """Stop the timer and remove this worker from the records, without waiting for a database that is away."""
        if self.timer:
            self.timer.cancel()
        try:
            self.database.transact(
                partial(workers.leave, node=parent.hostname, process=self.process), patience=0
            )
        except (SluiceError, DBAPIError) as error:
            log.warning("%s could not sign off: %s", parent.hostname, error)
        self.database.close()

    def beat(self, parent: Any) -> None:
        queues = tuple(sorted(parent.app.amqp.queues.consume_from))
        on_device = device_memory(self.device)
        if time.monotonic() - self._measured_at >= MEMORY_SECONDS:
            self._memory, self._measured_at = process_memory(), time.monotonic()
        worker = WorkerProcess(
            parent.hostname,
            self.process,
            socket.gethostname(),
            os.getpid(),
            queues,
            self.device,
            memory=self._memory,
            device_memory=on_device.used if on_device else None,
            device_memory_total=on_device.total if on_device else None,
        )

        def write(connection: sa.Connection) -> int:
            workers.beat(connection, worker)
            return lost_shards.mark_dead(connection, self.process, is_known_dead) if self.process else 0

        try:
            if dead := self.database.autocommit(write):
                log.warning("%s: %d shards lost the process that worked on them", parent.hostname, dead)
        except (SluiceError, DBAPIError) as error:
            log.warning("%s could not write its heartbeat: %s", parent.hostname, error)
