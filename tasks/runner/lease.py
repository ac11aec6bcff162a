"""Keeping the lease of a shard alive while this process works on it."""

import logging
import threading
from types import TracebackType

from line.errors import LeaseLostError, ServiceError
from records import shards
from records.database import Database
from records.shards import Claim

log = logging.getLogger(__name__)


class Lease:
    """Renews a shard's lease from a thread, three times within its length."""

    def __init__(self, database: Database, claim: Claim, seconds: float) -> None:
        self.database = database
        self.claim = claim
        self.seconds = seconds
        self.is_lost = False
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
        claim = self.claim
        while not self._over.wait(self.seconds / 3):
            try:
                is_ours = self.database.transact(
                    lambda connection: shards.renew(connection, claim.shard_id, claim.owner, self.seconds),
                    patience=0,
                )
            except ServiceError as error:
                log.warning("lease of shard %s not renewed: %s", claim.shard_id, error)
                continue
            if not is_ours and not self._over.is_set():
                self.is_lost = True
                return
