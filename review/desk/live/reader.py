"""One reader of the records for all who watch: it wakes when Postgres notifies, and rests while nobody watches."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from line.errors import ServiceError
from records.database import Database
from records.listener import Listener
from records.live import line_state
from records.live.line_state import LineState
from review.desk.live.readings import Histogram, ReadingWindow

log = logging.getLogger(__name__)

MIN_PAUSE: Final = 1.0
"""Minimum time between two looks at the records (s)."""
MAX_PAUSE: Final = 5.0
"""Maximum time between two looks while somebody watches (s): workers fall silent without a notification."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the records held at one moment.

    Attributes:
        histograms: of the readings of the newest steps.
        taken_at: seconds as :func:`time.time` counts them.
    """

    line: LineState
    histograms: Sequence[Histogram]
    taken_at: float


class LiveReader:
    """Takes looks at the records, each of which all pages share."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._window = ReadingWindow()
        self._look: Look | None = None
        self._begun_at = 0.0
        self._listener: Listener | None = None
        self._listener_lock = threading.Lock()

    def look(self, *, patience: float = 60.0) -> Look:
        """A look that was begun after this call; several callers at once share one.

        Raises:
            ServiceError: Postgres cannot be reached for ``patience`` seconds.
        """
        called_at = time.monotonic()
        with self._lock:
            if self._look is None or self._begun_at < called_at:
                begun_at = time.monotonic()
                self._look = self._database.transact(self._take, patience=patience)
                self._begun_at = begun_at
            return self._look

    def watch(
        self, publish: Callable[[Look | None], None], is_watched: Callable[[], bool], end: threading.Event
    ) -> None:
        """Publish looks, and None while Postgres is away, until nobody watches any more or ``end`` is set."""
        with Listener(self._database) as listener:
            self._listener = listener
            try:
                while is_watched():
                    self._publish_look(publish)
                    if end.wait(MIN_PAUSE):
                        return
                    listener.wait(MAX_PAUSE - MIN_PAUSE)
            finally:
                with self._listener_lock:  # it is closed next
                    self._listener = None

    def interrupt(self) -> None:
        """End the wait for a notification."""
        with self._listener_lock:
            if self._listener is not None:
                self._listener.interrupt()

    def _publish_look(self, publish: Callable[[Look | None], None]) -> None:
        try:
            publish(self.look(patience=0.0))
        except ServiceError as error:
            log.warning("the overview cannot be read: %s", error)
            publish(None)

    def _take(self, connection: sa.Connection) -> Look:
        state = line_state.take(connection)
        has_news = self._window.refresh(connection)
        histograms = self._look.histograms if self._look and not has_news else self._window.histograms()
        return Look(state, histograms, time.time())
