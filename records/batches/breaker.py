"""Halting a batch, and the probe that goes first when it is resumed."""

import sqlalchemy as sa

from line.breaker import Breaker
from line.errors import InputError
from line.states import SETTLED, BatchState, ImageState, ShardState
from records.batches.lifecycle import lock
from records.batches.types import Batch
from records.tables import batches, images, shards


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
