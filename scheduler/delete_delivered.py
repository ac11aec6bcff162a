"""Deleting delivered files: those a person decided against, and those of workers that died on them."""

import logging
from functools import partial

import sqlalchemy as sa

from line.errors import SluiceError
from line.trouble import TroubleKind
from records import troubles
from records.batches import Batch
from records.database import Database
from records.storage import withdrawals
from records.storage.bucket import Buckets

log = logging.getLogger(__name__)


class DeliveredFiles:
    """The files in the delivered folders of batches.

    Args:
        database: names the files that are to be deleted.
        buckets: open the delivered folders.
    """

    def __init__(self, database: Database, buckets: Buckets) -> None:
        self._database, self._buckets = database, buckets

    def withdraw(self, batch_id: int | None = None) -> None:
        """Delete what is due, of one batch or of all; what cannot be deleted now is left for later."""
        transact = self._database.transact
        for batch, file in transact(partial(withdrawals.pending, batch_id=batch_id)):
            try:
                transact(partial(withdrawals.carry_out, batch_id=batch, file=file, remove=self._remove))
            except SluiceError as error:
                extra = {"batch": batch}
                log.warning("batch %d: %s is not taken away yet: %s", batch, file, error, extra=extra)
                transact(partial(_report, batch_id=batch, file=file, sentence=str(error)))
            else:
                transact(partial(troubles.resolve, kind=TroubleKind.BATCH, subject=_subject(batch, file)))

    def _remove(self, batch: Batch, path: str, certain: bool) -> None:
        """Delete a delivered file or rendition, except what was there before the batch."""
        out = self._buckets.at(batch.out)
        entry = out.find(path)
        if entry is not None and (certain or entry.modified >= batch.created_at):
            out.delete(path)
            log.info("batch %d: %s is taken away", batch.id, path, extra={"batch": batch.id})


def _report(connection: sa.Connection, batch_id: int, file: str, sentence: str) -> None:
    troubles.report(connection, TroubleKind.BATCH, _subject(batch_id, file), sentence, batch_id)


def _subject(batch_id: int, file: str) -> str:
    return f"batch {batch_id}: {file}, to be taken away"
