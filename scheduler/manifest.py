"""``manifest.jsonl`` beside the pictures: one line for every image of the upload, refused ones too.

``costs.json`` beside it holds the accounts and the costs of the batch, where prices or budgets are known.
"""

import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from line.errors import ServiceError
from line.trouble import TroubleKind
from records import batches, troubles
from records.database import Database
from records.queries import budgets, listings
from records.storage.bucket import Buckets, UnwritableKeyError
from records.storage.tempdir import scratch

log = logging.getLogger(__name__)

NAME = "manifest.jsonl"
COSTS_NAME = "costs.json"


class Manifests:
    """Writes the manifests of batches.

    Args:
        database: holds what stands in them.
        buckets: open the delivered folders.
        home: state folder, for a temporary file.
    """

    def __init__(self, database: Database, buckets: Buckets, home: Path) -> None:
        self._database, self._buckets, self._home = database, buckets, home

    def write_due(self, is_held_back: Callable[[int], bool] = lambda batch_id: False) -> None:
        """Write the manifest of every done batch in which something happened since it was last written.

        Args:
            is_held_back: whether a batch, by its id, has to wait for something else.
        """
        transact = self._database.transact
        for batch_id in transact(listings.due_manifests):
            if is_held_back(batch_id):
                continue
            subject = f"batch {batch_id}: manifest"
            try:
                self.write(batch_id)
            except (ServiceError, UnwritableKeyError) as error:  # other folders may be written to
                extra = {"batch": batch_id}
                log.warning("batch %d: its manifest is not written yet: %s", batch_id, error, extra=extra)
                reported = partial(
                    troubles.report, kind=TroubleKind.BATCH, subject=subject, batch_id=batch_id
                )
                transact(partial(reported, sentence=str(error)))
            else:
                transact(partial(troubles.resolve, kind=TroubleKind.BATCH, subject=subject))

    def write(self, batch_id: int) -> None:
        """Write one batch's manifest whole, at flat memory.

        It stays due until the transaction ends, so a death in between writes it once more.
        """
        self._database.transact(lambda connection: self._write(connection, batch_id))

    def _write(self, connection: sa.Connection, batch_id: int) -> None:
        batches.manifest_written(connection, batch_id)
        out = batches.get(connection, batch_id).out
        with scratch(self._home) as folder:
            path = Path(folder) / NAME
            with path.open("w", encoding="utf-8") as file:
                for line in listings.manifest_lines(connection, batch_id):
                    file.write(line + "\n")
            self._buckets.at(out).put_file(NAME, path)
        costs = budgets.of_batch(connection, batch_id)
        if any(costs.values()):
            self._buckets.at(out).put(COSTS_NAME, json.dumps({"batch": batch_id} | costs, indent=1).encode())
