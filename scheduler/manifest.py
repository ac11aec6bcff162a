"""``manifest.jsonl`` beside the pictures: one line for every image of the upload, refused ones too."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from line.errors import ServiceError
from line.trouble import TroubleKind
from records import batches, troubles
from records.database import transact
from records.queries import listings
from records.storage.bucket import UnwritableKeyError, bucket
from records.storage.tempdir import scratch

log = logging.getLogger(__name__)

NAME = "manifest.jsonl"


def write_due(is_held_back: Callable[[int], bool] = lambda batch_id: False) -> None:
    """Write the manifest of every done batch in which something happened since it was last written.

    Args:
        is_held_back: whether a batch, by its id, has to wait for something else.
    """
    for batch_id in transact(listings.due_manifests):
        if is_held_back(batch_id):
            continue
        subject = f"batch {batch_id}: manifest"
        try:
            write(batch_id)
        except (
            ServiceError,
            UnwritableKeyError,
        ) as error:  # one folder that cannot be written to; others can
            log.warning(
                "batch %d: its manifest is not written yet: %s", batch_id, error, extra={"batch": batch_id}
            )
            reported = partial(troubles.report, kind=TroubleKind.BATCH, subject=subject, batch_id=batch_id)
            transact(partial(reported, sentence=str(error)))
        else:
            transact(partial(troubles.resolve, kind=TroubleKind.BATCH, subject=subject))


def write(batch_id: int) -> None:
    """Write one batch's manifest whole, at flat memory.

    It stays due until the transaction ends, so a death in between writes it once more.
    """
    transact(lambda connection: _write(connection, batch_id))


def _write(connection: sa.Connection, batch_id: int) -> None:
    batches.manifest_written(connection, batch_id)
    out = batches.get(connection, batch_id).out
    with scratch() as folder:
        path = Path(folder) / NAME
        with path.open("w", encoding="utf-8") as file:
            for line in listings.manifest_lines(connection, batch_id):
                file.write(line + "\n")
        bucket(out).put_file(NAME, path)
