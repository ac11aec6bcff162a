"""Batches: recorded once, halted by the breaker or a person, resumed through a probe, closed.

Every transaction that touches several rows of a batch takes :func:`lock` first, so that no two of
them can wait for each other.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.breaker import Breaker, Counts
from line.errors import InputError
from line.filenames.name_bytes import percent_encoded
from line.filenames.names import fold
from line.states import SETTLED, BatchState, ImageState, ShardState
from records import recipes, troubles
from records.storage.files import separate_paths
from records.tables import batches, image_counts, images, shards


@dataclass(frozen=True, slots=True)
class NewBatch:
    """An upload that intake found complete."""

    vendor: str
    upload: str
    prefix: str
    digest: str
    recipe: str
    out: str
    watermark_rights: str | None = None
    """The vendor's attestation that it may have watermarks removed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A recorded batch.

    Attributes:
        recipe: digest of its recipe.
        out: URL of the delivered folder.
        judged, artifacts: what its breaker has counted since it last closed.
        halted_at_step: position of the step whose verdicts tripped the breaker.
    """

    id: int
    vendor: str
    upload: str
    recipe: str
    out: str
    state: BatchState
    judged: int
    artifacts: int
    halted_at_step: int | None
    manifest_due: bool
    created_at: datetime

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> "Batch":
        """From a row of the table ``batches``."""
        columns = {field.name: getattr(row, field.name) for field in fields(cls)}
        return cls(**columns | {"state": BatchState(row.state)})

    @property
    def counts(self) -> Counts:
        return Counts(self.judged, self.artifacts)


@dataclass(frozen=True, slots=True)
class NewImage:
    """One file of it. A refused one is recorded as rejected, with its reason."""

    name: str
    source: str
    size: int
    file: str
    reason: str = ""
    sentence: str = ""
    tag: str = ""
    """What the bucket says of the original; empty where its key already names its content."""
    raw_name: bytes | None = None
    """The name's bytes in the upload, where they are not the UTF-8 of ``name``."""


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


def halt(connection: sa.Connection, batch_id: int, reason: str, step: int | None = None) -> bool:
    """Halt a batch: what waits is held, what is published but not begun is taken back.

    What a worker is in the middle of goes on to the end of its step. Answers False where the
    batch is not running.
    """
    batch = lock(connection, batch_id)
    if batch.state not in (BatchState.RUNNING, BatchState.PROBING):
        return False
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id)
        .values(state=BatchState.HALTED, halt_reason=reason, halted_at_step=step)
    )
    taken_back = (
        sa.update(shards)
        .where(
            shards.c.batch_id == batch_id,
            shards.c.state == ShardState.OPEN,
            shards.c.lease_until.is_(None),
        )
        .values(state=ShardState.DONE)
        .returning(shards.c.id)
    )
    unbegun = list(connection.scalars(taken_back))
    connection.execute(
        sa.update(images)
        .where(
            images.c.batch_id == batch_id,
            images.c.state == ImageState.WORKING,
            images.c.shard_id.in_(unbegun),
        )
        .values(state=ImageState.HELD, shard_id=None, probe=False)
    )
    connection.execute(
        sa.update(images)
        .where(images.c.batch_id == batch_id, images.c.state == ImageState.WAITING)
        .values(state=ImageState.HELD, probe=False)
    )
    return True


def probe(connection: sa.Connection, batch_id: int, size: int) -> int:
    """Let ``size`` held images go on alone; answers how many there were.

    Those go first whose next step is the one that tripped the breaker, then the earlier ones:
    a picture that never meets the faulty step proves nothing.

    Raises:
        InputError: the batch is not halted.
    """
    batch = lock(connection, batch_id)
    if batch.state != BatchState.HALTED:
        raise InputError(f"batch {batch_id} is {batch.state}, not halted: there is nothing to resume")
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id)
        .values(state=BatchState.PROBING, judged=0, artifacts=0)
    )
    _count_anew(connection, batch_id)
    return _release_probe(connection, batch, size)


def _count_anew(connection: sa.Connection, batch_id: int) -> None:
    """Images that passed an earlier step count again at the next: that may be the faulty one."""
    connection.execute(
        sa.update(images)
        .where(images.c.batch_id == batch_id, images.c.counted, images.c.state.not_in(SETTLED))
        .values(counted=False)
    )


def _release_probe(connection: sa.Connection, batch: Batch, size: int) -> int:
    at = -1 if batch.halted_at_step is None else batch.halted_at_step
    order = (
        sa.case((images.c.step == at, 0), (images.c.step < at, 1), else_=2),
        images.c.step.desc(),
        images.c.id,
    )
    chosen = (
        sa.select(images.c.id)
        .where(images.c.batch_id == batch.id, images.c.state == ImageState.HELD)
        .order_by(*order)
        .limit(size)
    )
    moved = connection.execute(
        sa.update(images)
        .where(images.c.id.in_(chosen.scalar_subquery()), images.c.state == ImageState.HELD)
        .values(state=ImageState.WAITING, probe=True)
    )
    return moved.rowcount


def conclude_probe(connection: sa.Connection, batch_id: int, breaker: Breaker, size: int) -> None:
    """Act on a probe that is back: go on, halt again, or send another where nothing was judged."""
    batch = lock(connection, batch_id)
    if batch.state != BatchState.PROBING:
        return
    if breaker is Breaker.TRIPPED:
        halt(
            connection,
            batch_id,
            f"probe: {batch.artifacts} of {batch.judged} artifacts",
            batch.halted_at_step,
        )
    elif breaker is Breaker.CLOSED or not _release_probe(connection, batch, size):
        connection.execute(
            sa.update(batches)
            .where(batches.c.id == batch_id)
            .values(state=BatchState.RUNNING, judged=0, artifacts=0, halt_reason="", halted_at_step=None)
        )
        connection.execute(
            sa.update(images)
            .where(images.c.batch_id == batch_id, images.c.state == ImageState.HELD)
            .values(state=ImageState.WAITING)
        )
        connection.execute(
            sa.update(images).where(images.c.batch_id == batch_id, images.c.probe).values(probe=False)
        )
        _count_anew(connection, batch_id)


def probe_is_back(connection: sa.Connection, batch_id: int) -> bool:
    """Whether no image of the probe is on its way any more."""
    busy = sa.exists().where(
        images.c.batch_id == batch_id,
        images.c.probe,
        images.c.state.in_((ImageState.WAITING, ImageState.WORKING)),
    )
    return not connection.scalar(sa.select(busy))


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
