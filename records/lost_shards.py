"""What a dead worker or a lost message left behind, and how a shard that kills is taken apart.

After a loss a shard is split into parts of about the square root of its images, then into single
ones: with shards of up to 16, an image that kills its worker is alone on its third try and is set
aside after it, and its neighbours go on.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from line.states import BatchState, ImageState, ShardState
from records import batches, shards, withdrawals
from records.shards import NewShard, Route
from records.tables import images
from records.tables import shards as table

TRIES = 3

IsDead: TypeAlias = Callable[[str, int], bool]
"""Whether the process of that id on that host is known to be dead; False where it cannot be seen."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An open shard whose lease nobody living holds."""

    shard_id: int
    batch_id: int


def expired(connection: sa.Connection, is_dead: IsDead) -> list[Lost]:
    """Shards whose lease ran out by the database's clock, or whose owner is known to be dead."""
    rows = connection.execute(
        sa.select(
            table.c.id,
            table.c.batch_id,
            table.c.lease_host,
            table.c.lease_pid,
            (table.c.lease_until < sa.func.now()).label("over"),
        ).where(table.c.state == ShardState.OPEN, table.c.lease_until.is_not(None))
    )
    return [Lost(row.id, row.batch_id) for row in rows if row.over or is_dead(row.lease_host, row.lease_pid)]


def take_back(
    connection: sa.Connection, lost: Lost, is_dead: IsDead, delivering: Collection[str] = ()
) -> list[int]:
    """Split a lost shard, or set its only image aside; answers the shards to publish.

    ``delivering`` names the transforms that write published files: one of them may have been written.

    Checked again under the batch's lock, so that two schedulers split it once. Where the batch is
    halted meanwhile its images are held: nothing is begun anew.
    """
    batch = batches.lock(connection, lost.batch_id)
    row = connection.execute(
        sa.select(table, (table.c.lease_until < sa.func.now()).label("over"))
        .where(
            table.c.id == lost.shard_id, table.c.state == ShardState.OPEN, table.c.lease_until.is_not(None)
        )
        .with_for_update()
    ).one_or_none()
    if row is None or not (row.over or is_dead(row.lease_host, row.lease_pid)):
        return []
    members = connection.execute(
        sa.update(images)
        .where(images.c.shard_id == row.id, images.c.state == ImageState.WORKING)
        .values(losses=images.c.losses + 1)
        .returning(images.c.id, images.c.losses, images.c.probe, images.c.file)
    ).all()
    if row.transforms[row.at] in delivering:
        withdrawals.note(connection, row.batch_id, (member.file for member in members), certain=False)
    connection.execute(sa.update(table).where(table.c.id == row.id).values(state=ShardState.DONE))
    if len(members) == 1 and members[0].losses >= TRIES:
        _set_aside(connection, members[0].id, row.transforms[row.at])
        return []
    image_ids = sorted(member.id for member in members)
    probing = batch.state == BatchState.PROBING and all(member.probe for member in members)
    if batch.state != BatchState.RUNNING and not probing:
        _hold(connection, image_ids)
        return []
    return _split(connection, row, image_ids)


def _set_aside(connection: sa.Connection, image_id: int, transform: str) -> None:
    connection.execute(
        sa.update(images)
        .where(images.c.id == image_id, images.c.state == ImageState.WORKING)
        .values(
            state=ImageState.FAILED,
            shard_id=None,
            reason="worker_lost",
            sentence=f"{transform} lost its worker {TRIES} times on this image, the last time on it alone.",
        )
    )


def _hold(connection: sa.Connection, image_ids: list[int]) -> None:
    connection.execute(
        sa.update(images)
        .where(images.c.id.in_(image_ids), images.c.state == ImageState.WORKING)
        .values(state=ImageState.HELD, shard_id=None, probe=False)
    )


def _split(connection: sa.Connection, row: sa.Row[Any], image_ids: list[int]) -> list[int]:
    size = math.isqrt(len(image_ids) - 1) + 1 if row.losses == 0 and image_ids else 1
    route = Route(tuple(row.route), tuple(row.transforms), tuple(row.queues)).rest(row.at)
    each = row.megapixels / max(1, len(image_ids))
    parts = [tuple(image_ids[i : i + size]) for i in range(0, len(image_ids), size)]
    connection.execute(
        sa.update(images)
        .where(images.c.id.in_(image_ids), images.c.state == ImageState.WORKING)
        .values(state=ImageState.WAITING, shard_id=None)
    )
    return shards.create(
        connection,
        [
            NewShard(row.batch_id, row.recipe, route, part, each * len(part), losses=row.losses + 1)
            for part in parts
        ],
    )


def unclaimed(connection: sa.Connection, grace: float) -> list[sa.Row[Any]]:
    """Open shards that nobody has claimed ``grace`` seconds after their message was sent."""
    age = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, grace)
    return list(
        connection.execute(
            sa.select(table.c.id, table.c.batch_id, table.c.number, table.c.at).where(
                table.c.state == ShardState.OPEN, table.c.lease_until.is_(None), table.c.published_at < age
            )
        )
    )


def count_attempt(connection: sa.Connection, shard_ids: Collection[int], grace: float) -> list[int]:
    """Note that these shards are published once more; answers those that really are due.

    Two schedulers may see the same loss: the second finds ``published_at`` renewed.
    """
    age = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, grace)
    return list(
        connection.scalars(
            sa.update(table)
            .where(
                table.c.id.in_(shard_ids),
                table.c.state == ShardState.OPEN,
                table.c.lease_until.is_(None),
                table.c.published_at < age,
            )
            .values(attempt=table.c.attempt + 1, published_at=sa.func.now())
            .returning(table.c.id)
        )
    )
