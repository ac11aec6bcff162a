"""Keeping the lease of a shard alive while this process works on it, and reporting how far it is."""

import logging
import threading
import time
from functools import partial
from types import TracebackType

from line.errors import LeaseLostError, ServiceError
from records import shards
from records.database import Database
from records.shards import Claim

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 2.0
"""Pause between two reports of how many images are done, where that has changed (s)."""


class Lease:
    """Renews a shard's lease from a thread, three times within its length.

    Attributes:
        images_done: images behind the step so far, which the next report holds.
        is_lost: the shard was taken back.
    """

    def __init__(self, database: Database, claim: Claim, seconds: float) -> None:
        self.database = database
        self.claim = claim
        self.seconds = seconds
        self.is_lost = False
        self.images_done = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Stop early where another process has taken the shard.

        Raises:
            LeaseLostError: the lease ran out and the shard was taken back.
        """
        if self.is_lost:
            raise LeaseLostError(f"shard {self.claim.shard_id} was taken back while step {self.claim.at} ran")

    def _renew(self) -> None:
        claim, reported, renewed_at = self.claim, 0, time.monotonic()
        while not self._over.wait(min(self.seconds / 3, PROGRESS_SECONDS)):
            done = self.images_done
            if done == reported and time.monotonic() - renewed_at < self.seconds / 3:
                continue
            renew = partial(
                shards.renew,
                shard_id=claim.shard_id,
                owner=claim.owner,
                lease=self.seconds,
                images_done=done,
            )
            try:
                is_ours = self.database.transact(renew, patience=0)
            except ServiceError as error:
                log.warning("lease of shard %s not renewed: %s", claim.shard_id, error)
                continue
            reported, renewed_at = done, time.monotonic()
            if not is_ours and not self._over.is_set():
                self.is_lost = True
                return
