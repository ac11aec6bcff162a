"""Pictures in memory for steps to come: those that this process wrote, and the next shard's, read while this computes.

Both are guesses about what this process does next, so pictures are looked up by their content's key.
"""

import logging
import threading
from collections import OrderedDict

from imaging import intermediate
from line.errors import SluiceError
from line.picture import Rgb
from records import shards
from records.storage.bucket import Bucket
from tasks.context import Context

log = logging.getLogger(__name__)

MAX_PICTURES = 32
"""Maximum number of decoded pictures in memory for steps to come."""
MAX_PICTURE_BYTES = 128 << 20
"""Maximum size of these pictures together (bytes)."""


class PrefetchCache:
    """Decoded pictures by key, bounded in number and size; taking a picture removes it."""

    def __init__(self, max_pictures: int = MAX_PICTURES, max_bytes: int = MAX_PICTURE_BYTES) -> None:
        self.max_pictures, self.max_bytes = max_pictures, max_bytes
        self._pictures: OrderedDict[str, Rgb] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, rgb: Rgb) -> None:
        """Keep a picture; the oldest give way."""
        with self._lock:
            self._pictures.pop(key, None)
            self._pictures[key] = rgb
            while len(self._pictures) > self.max_pictures or self._bytes() > self.max_bytes:
                self._pictures.popitem(last=False)

    def _bytes(self) -> int:
        return sum(rgb.nbytes for rgb in self._pictures.values())

    def take(self, key: str) -> Rgb | None:
        """The picture of that key, if it was read ahead."""
        with self._lock:
            return self._pictures.pop(key, None)

    def take_or_read(self, store: Bucket, key: str) -> Rgb:
        """The picture of that key, [H, W, 3] uint8, read from the bucket if it was not read ahead.

        Raises:
            MissingObjectError: the bucket does not hold it.
            IntermediateError: it is damaged.
        """
        ready = self.take(key)
        return intermediate.decode_rgb(store.get(key)) if ready is None else ready


class Prefetch(PrefetchCache):
    """The cache, and the reading that fills it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    @property
    def is_wanted(self) -> bool:
        """Whether reading ahead pays: on a GPU the cores are free meanwhile. ``SLUICE_READ_AHEAD`` overrules it."""
        settings = self.context.settings
        return settings.device != "cpu" if settings.read_ahead is None else settings.read_ahead

    def fill(self, queue: str) -> None:
        """Read the first pictures of the shard that is probably next on a queue. Never raises: it is a guess."""
        try:
            keys = self.context.database.transact(
                lambda connection: shards.next_keys(connection, queue), patience=0
            )
            for key in keys[: 2 * self.context.settings.micro_batch]:
                self.put(key, intermediate.decode_rgb(self.context.bucket.get(key)))
        except SluiceError as error:
            log.debug("nothing read ahead on %s: %s", queue, error)
