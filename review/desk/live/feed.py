"""What open pages are sent: the parts of the overview that changed, batches that moved, and who looks at what."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from line.errors import ServiceError
from records.database import Database
from review.desk.live.presence import Presence
from review.desk.live.reader import LiveReader, Look

MAX_STREAMS: Final = 200
"""Maximum number of open streams of one desk."""
MAX_STREAMS_OF_PERSON: Final = 12
"""Maximum number of open streams of one person: a browser opens one for each visible page."""


class Subscription:
    """One open page. What it has not taken yet is replaced by what is newer, so that a slow page costs no memory."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.is_over = False
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._pending: dict[str, str] = {}

    def put(self, messages: Mapping[str, str]) -> None:
        """Hand over messages by their keys, from any thread."""
        self._call(lambda: self._pending.update(messages))

    def end(self) -> None:
        """End the stream, from any thread."""
        self._call(lambda: setattr(self, "is_over", True))

    async def next(self, seconds: float) -> list[str]:
        """The messages that arrived; none after ``seconds`` without one, or when the stream is over."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return []
        self._event.clear()
        messages, self._pending = list(self._pending.values()), {}
        return messages

    def _call(self, change: Callable[[], object]) -> None:
        def apply() -> None:
            change()
            self._event.set()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(apply)


class Feed:
    """The streams of all open pages, fed by one thread that runs while there are any.

    Args:
        render: HTML of each part of the overview, by its name.

    Attributes:
        started_at: seconds as :func:`time.time` counts them; tells a page that the desk was restarted.
    """

    def __init__(self, database: Database, render: Callable[[Look], Mapping[str, str]]) -> None:
        self.started_at = time.time()
        self.reader = LiveReader(database)
        self.presence = Presence()
        self._render = render
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self._messages: dict[str, str] = {}
        self._reports: dict[int, Any] = {}

    def subscribe(self, person: str) -> Subscription:
        """A stream for one page.

        Raises:
            ServiceError: too many streams are open, or the desk stops.
        """
        subscription = Subscription(person)
        with self._lock:
            of_person = sum(each.person == person for each in self._subscriptions)
            if self._end.is_set():
                raise ServiceError("the desk stops")
            if len(self._subscriptions) >= MAX_STREAMS or of_person >= MAX_STREAMS_OF_PERSON:
                raise ServiceError(
                    "too many pages are open: this one does not follow changes; reload it to see them"
                )
            self._subscriptions.add(subscription)
            subscription.put({**self._messages, "looking": self._looking()})
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="overview", daemon=True)
                self._thread.start()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)

    def end_of(self, person: str) -> None:
        """End the streams of a person's pages; those with another login open them again."""
        self.looks_at(person, None)
        with self._lock:
            subscriptions = [each for each in self._subscriptions if each.person == person]
        for subscription in subscriptions:
            subscription.end()

    def looks_at(self, person: str, image: int | None) -> None:
        """Note which image a person has open, and send that to all pages if it is news."""
        if self.presence.note(person, image):
            self._send({"looking": self._looking()})

    def close(self) -> None:
        """End every stream, and the thread."""
        with self._lock:
            self._end.set()
            subscriptions, thread = list(self._subscriptions), self._thread
        for subscription in subscriptions:
            subscription.end()
        self.reader.interrupt()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        self.reader.watch(self._publish, self._is_watched, self._end)

    def _is_watched(self) -> bool:
        with self._lock:
            if self._subscriptions and not self._end.is_set():
                return True
            self._thread = None
            self._messages = {}  # they will be old when the next page subscribes
            return False

    def _publish(self, look: Look | None) -> None:
        if look is None:
            self._send({"away": message("away", {})})
            return
        parts = {
            name: message("part", {"name": name, "html": html}) for name, html in self._render(look).items()
        }
        with self._lock:
            news = {name: text for name, text in parts.items() if self._messages.get(name) != text}
            self._messages = parts
        reports = {report["batch"]: report for report in look.line.overview.batches}
        moved = [number for number, report in reports.items() if self._reports.get(number, report) != report]
        self._reports = reports
        if moved:
            news["batches"] = message("batches", moved)
        if self.presence.expire():
            news["looking"] = self._looking()
        self._send({**news, "away": message("here", {})})

    def _looking(self) -> str:
        return message("looking", self.presence.by_image())

    def _send(self, messages: Mapping[str, str]) -> None:
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.put(messages)


def message(event: str, data: object) -> str:
    """One server-sent event."""
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
