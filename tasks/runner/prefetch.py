"""Reading the next shard while this one computes: a guess, so what is read is found by its content's key."""

import logging
import threading
from collections import OrderedDict

from imaging import intermediate
from line.errors import SluiceError
from line.picture import Rgb
from line.settings import settings
from records import shards
from records.database import transact
from records.storage.bucket import Bucket, bucket

log = logging.getLogger(__name__)


class Shelf:
    """Decoded pictures by key, a bounded number; a picture taken down is gone from it."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._pictures: OrderedDict[str, Rgb] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, rgb: Rgb) -> None:
        """Keep a picture; the oldest makes room."""
        with self._lock:
            self._pictures[key] = rgb
            while len(self._pictures) > self.room:
                self._pictures.popitem(last=False)

    def take(self, key: str) -> Rgb | None:
        """The picture of that key, if it was read ahead."""
        with self._lock:
            return self._pictures.pop(key, None)


shelf = Shelf(32)
"""What this process has read ahead."""


def wanted() -> bool:
    """Whether reading ahead pays: where the device computes while the cores are free, unless told otherwise."""
    told = settings().read_ahead
    return settings().device != "cpu" if told is None else told


def read_ahead(queue: str) -> None:
    """Read the first pictures of the shard that is probably next on a queue. Never fails: it is a guess."""
    try:
        keys = transact(lambda connection: shards.next_keys(connection, queue), patience=0)
        for key in keys[: 2 * settings().micro_batch]:
            shelf.put(key, intermediate.decode_rgb(bucket(settings().bucket).get(key)))
    except SluiceError as error:
        log.debug("nothing read ahead on %s: %s", queue, error)


def picture(store: Bucket, key: str) -> Rgb:
    """The picture of that key, from the shelf or the bucket; [H, W, 3] uint8."""
    ready = shelf.take(key)
    return intermediate.decode_rgb(store.get(key)) if ready is None else ready
