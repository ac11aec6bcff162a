"""Recording, reading, closing and reopening batches."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from line.filenames.name_bytes import percent_encoded
from line.filenames.names import fold
from line.states import SETTLED, BatchState, ImageState
from records import recipes, troubles
from records.batches.types import Batch, NewBatch, NewImage
from records.storage.files import separate_paths
from records.tables import batches, image_counts, images


def record(connection: sa.Connection, batch: NewBatch, files: Iterable[NewImage]) -> int | None:
    """Record a batch and all its images, or answer None where it stands there already.

    Uses COPY, so memory stays flat however many images there are. A second scheduler that
    records the same digest waits for the first to commit and then finds it done.
    """
    batch_id = connection.scalar(
        insert(batches).values(asdict(batch)).on_conflict_do_nothing().returning(batches.c.id)
    )
    if batch_id is None:
        return None
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # unpacking an archive takes its time
    columns = "batch_id, recipe, name, source, tag, bytes, file, fold, state, reason, sentence, raw_name"
    count = 0
    with driver.cursor() as cursor, cursor.copy(f"COPY images ({columns}) FROM STDIN") as copy:
        for count, file in enumerate(files, 1):  # noqa: B007
            state = ImageState.REJECTED if file.reason else ImageState.WAITING
            copy.write_row(
                (
                    batch_id,
                    batch.recipe,
                    file.name,
                    file.source,
                    file.tag,
                    file.size,
                    file.file,
                    fold(file.file),
                    state.value,
                    file.reason,
                    file.sentence,
                    None if file.raw_name is None else percent_encoded(file.raw_name),
                )
            )
    separate_paths(connection, batch_id, recipes.load(connection, batch.recipe).steps[-1].params)
    connection.execute(sa.update(batches).where(batches.c.id == batch_id).values(images=count))
    return int(batch_id)


def find(connection: sa.Connection, digest: str) -> int | None:
    """The batch of that digest."""
    return connection.scalar(sa.select(batches.c.id).where(batches.c.digest == digest))


def get(connection: sa.Connection, batch_id: int) -> Batch:
    """A batch.

    Raises:
        InputError: there is none of that id.
    """
    return _one(connection, batch_id, sa.select(batches))


def lock(connection: sa.Connection, batch_id: int) -> Batch:
    """The batch, locked until the transaction ends.

    Raises:
        InputError: there is none of that id.
    """
    return _one(connection, batch_id, sa.select(batches).with_for_update(key_share=True))


def _one(connection: sa.Connection, batch_id: int, query: sa.Select[Any]) -> Batch:
    row = connection.execute(query.where(batches.c.id == batch_id)).one_or_none()
    if row is None:
        raise InputError(f"there is no batch {batch_id}; `sluice status` lists them")
    return Batch.from_row(row)


def open_ones(connection: sa.Connection) -> list[Batch]:
    """Batches that may have work now: running or probing, oldest first."""
    states = (BatchState.RUNNING, BatchState.PROBING)
    query = sa.select(batches).where(batches.c.state.in_(states)).order_by(batches.c.id)
    return [Batch.from_row(row) for row in connection.execute(query)]


def settled(connection: sa.Connection) -> list[int]:
    """Running batches of which, by the counters, every image has settled; :func:`close` looks at the images."""
    moving = [state for state in ImageState if state not in SETTLED]
    unsettled = sa.exists().where(
        image_counts.c.batch_id == batches.c.id, image_counts.c.state.in_(moving), image_counts.c.images > 0
    )
    query = sa.select(batches.c.id).where(batches.c.state == BatchState.RUNNING, ~unsettled)
    return list(connection.scalars(query.order_by(batches.c.id)))


def close(connection: sa.Connection, batch_id: int) -> bool:
    """Mark a running batch done once every image has settled; its manifest is then due."""
    batch = lock(connection, batch_id)
    moving = [state for state in ImageState if state not in SETTLED]  # IN: an index answers it at once
    unsettled = sa.exists().where(images.c.batch_id == batch_id, images.c.state.in_(moving))
    if batch.state != BatchState.RUNNING or connection.scalar(sa.select(unsettled)):
        return False
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id)
        .values(state=BatchState.DONE, finished_at=sa.func.now(), manifest_due=True)
    )
    troubles.resolve_batch(connection, batch_id)
    return True


def manifest_written(connection: sa.Connection, batch_id: int) -> None:
    """Take note that the manifest tells all that happened so far."""
    connection.execute(sa.update(batches).where(batches.c.id == batch_id).values(manifest_due=False))


def reopen(connection: sa.Connection, batch_id: int) -> None:
    """A done batch runs again because a person sent an image round; the batch must be locked."""
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id, batches.c.state == BatchState.DONE)
        .values(state=BatchState.RUNNING, finished_at=None)
    )


def of_prefix(connection: sa.Connection, prefix: str) -> int | None:
    """The newest batch of an upload, by where it lies in the bucket."""
    query = sa.select(batches.c.id).where(batches.c.prefix == prefix).order_by(batches.c.id.desc()).limit(1)
    return connection.scalar(query)


def is_open(connection: sa.Connection, batch_id: int) -> bool:
    """Whether a batch is not done."""
    return connection.scalar(sa.select(batches.c.state).where(batches.c.id == batch_id)) != BatchState.DONE
