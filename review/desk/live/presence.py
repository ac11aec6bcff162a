"""Who has which image open, as their pages report it; held in memory, so each desk has its own."""

import threading
import time
from typing import Final

REPORT_SECONDS: Final = 20
"""Pause between two reports of a page (s)."""
EXPIRE_SECONDS: Final = 3 * REPORT_SECONDS
"""Time after the last report after which a person no longer counts as looking (s)."""
MAX_PEOPLE: Final = 500
"""Maximum number of people who are followed."""


class Presence:
    """The image that each person looks at; of one with several pages the image that was reported last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._images: dict[str, tuple[int, float]] = {}

    def note(self, person: str, image: int | None) -> bool:
        """Note what a person looks at, None for nothing; whether that is news."""
        with self._lock:
            before = self._images.pop(person, None)
            if image is not None and len(self._images) < MAX_PEOPLE:
                self._images[person] = (image, time.monotonic())
            return (before[0] if before else None) != image

    def expire(self) -> bool:
        """Forget people who were not reported for a while; whether there were any."""
        with self._lock:
            oldest = time.monotonic() - EXPIRE_SECONDS
            gone = [person for person, (_, at) in self._images.items() if at < oldest]
            for person in gone:
                del self._images[person]
            return bool(gone)

    def by_image(self) -> dict[int, list[str]]:
        """The people at each image."""
        with self._lock:
            people: dict[int, list[str]] = {}
            for person, (image, _) in sorted(self._images.items()):
                people.setdefault(image, []).append(person)
            return people
