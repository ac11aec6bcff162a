"""Shards that a dead worker or a lost message left behind, and how a shard that kills workers is taken apart.

After a death a shard is split into parts of about the square root of its images, then into single
ones: with shards of up to 16, an image that kills its worker is alone on its third try and is set
aside after it, and its neighbours go on.

A lease that runs out is no death: its worker may be cut off. The shard then goes whole to another worker, and
no image is charged with a loss.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from line.delivery import rendition_paths
from line.states import BatchState, ImageState, ShardState
from records import batches, recipes, shards, workers
from records.budget import ledger
from records.rollouts import pairs
from records.shards import NO_LEASE, NewShard, Route
from records.storage import withdrawals
from records.tables import images
from records.tables import shards as table
from records.tables import workers as worker_table

TRIES: Final = 3
"""Deaths after which an image that is alone in its shard is set aside."""

MAX_EXPIRIES: Final = 3
"""Leases that may run out in a row before that counts as a death: nobody can see a host that an image brings down."""

MAX_PAUSE_SECONDS: Final = 60.0
"""Maximum pause before a shard is sent again whose step an outage ended (s)."""

DEAD: Final = "dead"
"""Stands for the identity of a process that its own worker found dead."""

IsDead: TypeAlias = Callable[[str], bool]
"""Whether the process of that identity is known to be dead; False where it cannot be seen from here."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An open shard whose lease is held by no living worker that could be seen."""

    shard_id: int
    batch_id: int


def expired(connection: sa.Connection, is_dead: IsDead) -> list[Lost]:
    """Shards whose owner is known to be dead, or whose lease ran out while another worker could take over.

    As long as no other worker serves the queue, the owner of a lease that ran out may go on: it may be cut off or
    behind a bad line, and nobody would be faster.
    """
    rows = connection.execute(
        sa.select(
            table.c.id,
            table.c.batch_id,
            table.c.lease_process,
            sa.and_(table.c.lease_until < sa.func.now(), _another_serves()).label("over"),
        ).where(table.c.state == ShardState.OPEN, table.c.lease_until.is_not(None))
    )
    return [Lost(row.id, row.batch_id) for row in rows if _is_dead(row.lease_process, is_dead) or row.over]


def mark_dead(connection: sa.Connection, worker: str, is_dead: IsDead) -> int:
    """Note which children of a worker died while they held a lease; answers how many. Others cannot see them."""
    rows = connection.execute(
        sa.select(table.c.id, table.c.lease_process).where(
            table.c.state == ShardState.OPEN, table.c.lease_worker == worker, table.c.lease_process != DEAD
        )
    ).all()
    dead = [row.id for row in rows if is_dead(row.lease_process)]
    if dead:
        connection.execute(sa.update(table).where(table.c.id.in_(dead)).values(lease_process=DEAD))
    return len(dead)


def take_back(
    connection: sa.Connection, lost: Lost, is_dead: IsDead, delivering: Collection[str] = ()
) -> list[int]:
    """Send a lost shard on: whole where its lease ran out, split where its worker died; answers what to publish.

    Checked again under the batch's lock, so that two schedulers do it once. Where the batch is halted meanwhile
    its images are held: nothing is begun anew.

    Args:
        delivering: the transforms that write published files: one of them may have been written.
    """
    batch = batches.lock(connection, lost.batch_id)
    row = connection.execute(
        sa.select(table, sa.and_(table.c.lease_until < sa.func.now(), _another_serves()).label("over"))
        .where(
            table.c.id == lost.shard_id, table.c.state == ShardState.OPEN, table.c.lease_until.is_not(None)
        )
        .with_for_update(of=table)
    ).one_or_none()
    if row is None:
        return []
    died = _is_dead(row.lease_process, is_dead)
    if not (died or row.over):
        return []
    if died:
        pairs.note_lost_worker(connection, row.id, is_crash=_died_alone(row, is_dead))
    died = died or row.expiries + 1 >= MAX_EXPIRIES
    members = connection.execute(
        sa.update(images)
        .where(images.c.shard_id == row.id, images.c.state == ImageState.WORKING)
        .values(losses=images.c.losses + (1 if died else 0))
        .returning(images.c.id, images.c.losses, images.c.probe, images.c.file, images.c.facts)
    ).all()
    if row.transforms[row.at] in delivering:
        _note_files(connection, row, members)
    probing = batch.state == BatchState.PROBING and all(member.probe for member in members)
    may_go_on = batch.state == BatchState.RUNNING or probing
    if may_go_on and not died:
        return _release(connection, row)
    connection.execute(sa.update(table).where(table.c.id == row.id).values(state=ShardState.DONE))
    if died and len(members) == 1 and members[0].losses >= TRIES:
        _set_aside(connection, members[0].id, row.transforms[row.at])
        return []
    image_ids = sorted(member.id for member in members)
    if not may_go_on:
        _hold(connection, image_ids)
        return []
    parts = _split(connection, row, image_ids)
    ledger.carry_over(connection, row.id, parts)
    return parts


def _note_files(connection: sa.Connection, shard: sa.Row[Any], members: Sequence[Any]) -> None:
    """Note the files that the lost worker may have put into the delivered folder."""
    delivery = recipes.load(connection, shard.recipe).steps[-1].params
    files = [
        (member.file, rendition_paths(delivery, member.file, member.facts.get("counter")))
        for member in members
        if member.file
    ]
    withdrawals.note(connection, shard.batch_id, files, certain=False)


def _is_dead(process: str | None, is_dead: IsDead) -> bool:
    return process == DEAD or bool(process and is_dead(process))


def _died_alone(shard: sa.Row[Any], is_dead: IsDead) -> bool:
    """Whether the dead process of a shard left its worker alive."""
    return shard.lease_process == DEAD or not _is_dead(shard.lease_worker, is_dead)


def _another_serves() -> sa.ColumnElement[bool]:
    """Whether a living worker besides the owner serves the queue of a shard; True where the owner is not known."""
    queue = table.c.queues[table.c.at + 1]
    another = sa.exists().where(
        workers.recent(),
        queue == sa.func.any(worker_table.c.queues),
        worker_table.c.process != table.c.lease_worker,
    )
    return sa.or_(sa.func.coalesce(table.c.lease_worker, "") == "", another)


def _release(connection: sa.Connection, row: sa.Row[Any]) -> list[int]:
    """Let another worker have the shard as it is; what its owner still writes is refused."""
    connection.execute(
        sa.update(table)
        .where(table.c.id == row.id)
        .values(
            **NO_LEASE,
            expiries=table.c.expiries + 1,
            attempt=table.c.attempt + 1,
            published_at=sa.func.now(),
        )
    )
    return [int(row.id)]


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
    """Open shards that nobody has claimed ``grace`` seconds after their message was sent.

    After each try that an outage ended, the pause doubles, up to a minute.
    """
    return list(
        connection.execute(
            sa.select(table.c.id, table.c.batch_id, table.c.number, table.c.at).where(
                table.c.state == ShardState.OPEN, table.c.lease_until.is_(None), _is_due(grace)
            )
        )
    )


def count_attempt(connection: sa.Connection, shard_ids: Collection[int], grace: float) -> list[int]:
    """Note that these shards are published once more; answers those that really are due.

    Two schedulers may see the same loss: the second finds ``published_at`` renewed.
    """
    return list(
        connection.scalars(
            sa.update(table)
            .where(
                table.c.id.in_(shard_ids),
                table.c.state == ShardState.OPEN,
                table.c.lease_until.is_(None),
                _is_due(grace),
            )
            .values(attempt=table.c.attempt + 1, published_at=sa.func.now())
            .returning(table.c.id)
        )
    )


def _is_due(grace: float) -> sa.ColumnElement[bool]:
    doubled = grace * sa.func.power(2.0, sa.func.least(table.c.failures, 16))
    pause = sa.func.greatest(grace, sa.func.least(MAX_PAUSE_SECONDS, doubled))
    return table.c.published_at < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, pause)
