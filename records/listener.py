"""Waiting for other processes' transactions: Postgres sends a notification at the commit of each that makes work.

Triggers of the schema notify :data:`CHANNEL` when a shard, a batch or a worker comes or changes. A notification is a
hint and no more: whoever waits looks at the records, and looks again after a while without one.
"""

import logging
import os
import select
import time
from types import TracebackType
from typing import Any, Self

import psycopg
import sqlalchemy as sa

from records.database import Database

log = logging.getLogger(__name__)

CHANNEL = "sluice"
RETRY_SECONDS = 2.0
"""Seconds between two attempts to reach Postgres for listening."""


class Listener:
    """A connection of its own on which nothing but notifications arrives. One thread waits; any may interrupt it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None
        self._retry_at = 0.0
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()
        os.close(self._woken)
        os.close(self._waker)

    def interrupt(self) -> None:
        """End the wait that is on, or the next one; safe in a signal handler."""
        try:
            os.write(self._waker, b"\0")
        except BlockingIOError:  # it is full of interrupts already
            return

    def wait(self, seconds: float) -> bool:
        """True as soon as a notification arrives, False after ``seconds`` without one.

        True also after the connection was made anew, as what was sent meanwhile is lost. False at once where it is
        interrupted, and after a while where Postgres cannot be reached.
        """
        if self._connection is None:
            pause = max(0.0, min(seconds, self._retry_at - time.monotonic()))
            return not self._is_interrupted(pause) and time.monotonic() >= self._retry_at and self._connect()
        if self._is_interrupted(seconds, self._connection) or not self._is_readable(self._connection):
            return False
        try:
            self._connection.pgconn.consume_input()
            while self._connection.pgconn.notifies() is not None:
                pass
        except psycopg.Error as error:
            log.warning("listening to Postgres ended: %s", error)
            self._disconnect()
        return True  # whatever arrives here is a notification, or the end of the connection

    def _is_interrupted(self, seconds: float, *more: Any) -> bool:
        """Whether somebody interrupted, after ``seconds`` or as soon as any of ``more`` can be read."""
        readable, _, _ = select.select([self._woken, *more], [], [], max(0.0, seconds))
        if self._woken in readable:
            os.read(self._woken, 4096)
        return self._woken in readable

    @staticmethod
    def _is_readable(connection: Any) -> bool:
        return bool(select.select([connection], [], [], 0)[0])

    def _connect(self) -> bool:
        self._retry_at = time.monotonic() + RETRY_SECONDS
        try:
            pooled = self._database.engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()  # it is ours from here on, and the pool makes another
            connection.rollback()
            connection.autocommit = True
            connection.execute(f"LISTEN {CHANNEL}")
        except (psycopg.Error, sa.exc.DBAPIError) as error:
            log.warning("Postgres cannot be listened to: %s", error)
            return False
        self._connection = connection
        return True

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
