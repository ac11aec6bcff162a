"""Delivered files that are to be taken away, noted in the transaction that makes them due.

A file is put before the commit that says so, and taken away after the commit that says so: whatever
dies in between, what lies in the folder is mended from here. It is taken away only while no image that
could stand for it is delivered or on its way, under the lock of its batch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.delivery import rendition_path
from line.filenames.names import fold
from line.states import ImageState
from records import batches
from records.batches import Batch
from records.tables import images, withdrawals


def note(
    connection: sa.Connection,
    batch_id: int,
    files: Iterable[tuple[str | None, Sequence[str]]],
    *,
    certain: bool,
) -> None:
    """Note files of a batch, each with the paths of its renditions.

    Args:
        certain: they were recorded as delivered; else a worker that was lost may have written them.
    """
    rows = [
        {"batch_id": batch_id, "file": file, "renditions": list(renditions), "certain": certain}
        for file, renditions in files
        if file
    ]
    if rows:
        statement = insert(withdrawals)
        either = sa.or_(withdrawals.c.certain, statement.excluded.certain)
        both = withdrawals.c.renditions.concat(statement.excluded.renditions)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["batch_id", "file"], set_={"certain": either, "renditions": both}
            ),
            rows,
        )


def delivered_renditions(file: str, facts: Mapping[str, Any]) -> list[str]:
    """Paths of the renditions that were delivered beside ``file`` with an image of these facts."""
    renditions = (facts.get("delivered") or {}).get("renditions", ())
    return [entry.get("file") or rendition_path(entry["name"], file) for entry in renditions]


def pending(connection: sa.Connection, batch_id: int | None = None) -> list[tuple[int, str]]:
    """(batch, file) of all that are noted; those of one batch where it is named."""
    query = sa.select(withdrawals.c.batch_id, withdrawals.c.file)
    if batch_id is not None:
        query = query.where(withdrawals.c.batch_id == batch_id)
    return [(row.batch_id, row.file) for row in connection.execute(query)]


def carry_out(
    connection: sa.Connection, batch_id: int, file: str, remove: Callable[[Batch, str, bool], None]
) -> None:
    """Take one file away, or forget it where an image was delivered to it meanwhile, or leave it for later.

    Args:
        remove: deletes one file; gets the batch, the path and whether the file is certainly the line's. It may
            run again after a death.
    """
    batch = batches.lock(connection, batch_id)
    this = sa.and_(withdrawals.c.batch_id == batch_id, withdrawals.c.file == file)
    noted = connection.execute(sa.select(withdrawals).where(this)).one_or_none()
    if noted is None:
        return
    holder = connection.scalar(
        sa.select(images.c.state).where(images.c.batch_id == batch_id, images.c.fold == fold(file))
    )
    if holder == ImageState.WORKING:
        return
    if holder != ImageState.DELIVERED:
        for path in dict.fromkeys((file, *noted.renditions)):
            remove(batch, path, noted.certain)
    connection.execute(sa.delete(withdrawals).where(this))
