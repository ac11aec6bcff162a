"""Claiming a shard under a lease, renewing and releasing it, and ending its step."""

from typing import Any, Final

import sqlalchemy as sa

from line.image import Image
from line.states import ImageState, ShardState
from records import recipes
from records.shards.types import Claim, Owner
from records.tables import batches, images, shards

NO_LEASE: Final[dict[str, Any]] = dict.fromkeys(
    ("lease_node", "lease_host", "lease_pid", "lease_process", "lease_worker", "lease_until")
) | {"images_done": 0}
"""Values of the columns of a shard that nobody works on."""


def _until(seconds: float) -> sa.ColumnElement[Any]:
    return sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def claim(connection: sa.Connection, shard_id: int, at: int, owner: Owner, lease: float) -> Claim | None:
    """Take a shard for step ``at``, or answer None: done already, in other hands, or not due.

    Args:
        lease: seconds after which the shard may be taken back unless the lease is renewed.
    """
    row = connection.execute(
        sa.update(shards)
        .where(
            shards.c.id == shard_id,
            shards.c.at == at,
            shards.c.state == ShardState.OPEN,
            shards.c.lease_until.is_(None),
            batches.c.id == shards.c.batch_id,
        )
        .values(
            lease_node=owner.node,
            lease_host=owner.host,
            lease_pid=owner.pid,
            lease_process=owner.process,
            lease_worker=owner.worker,
            lease_until=_until(lease),
        )
        .returning(shards, batches.c.out)
    ).one_or_none()
    if row is None:
        return None
    members = connection.execute(
        sa.select(images)
        .where(images.c.shard_id == shard_id, images.c.state == ImageState.WORKING)
        .order_by(images.c.id)
    ).all()
    return Claim(
        shard_id=shard_id,
        batch_id=row.batch_id,
        number=row.number,
        at=at,
        position=row.route[at],
        owner=owner,
        recipe=recipes.load(connection, row.recipe),
        out=row.out,
        images=tuple(Image.from_row(member) for member in members),
        is_last=at == len(row.route) - 1,
        failures=row.failures,
    )


def is_past(connection: sa.Connection, shard_id: int, at: int) -> bool:
    """Whether step ``at`` of an open shard is done, so that the message of its next step is due."""
    ahead = sa.exists().where(shards.c.id == shard_id, shards.c.state == ShardState.OPEN, shards.c.at > at)
    return bool(connection.scalar(sa.select(ahead)))


def _held_by(owner: Owner) -> sa.ColumnElement[bool]:
    return sa.and_(
        shards.c.lease_node == owner.node,
        shards.c.lease_host == owner.host,
        shards.c.lease_pid == owner.pid,
        shards.c.lease_process == owner.process,
    )


def renew(connection: sa.Connection, shard_id: int, owner: Owner, lease: float, images_done: int = 0) -> bool:
    """Prolong a lease and note how far the step is; False where it is no longer this owner's."""
    renewed = connection.execute(
        sa.update(shards)
        .where(shards.c.id == shard_id, shards.c.state == ShardState.OPEN, _held_by(owner))
        .values(lease_until=_until(lease), images_done=images_done)
    )
    return renewed.rowcount == 1


def release(connection: sa.Connection, shard_id: int, owner: Owner) -> None:
    """Give a shard back unfinished, for the sweep to publish again after a pause that grows with each failure."""
    connection.execute(
        sa.update(shards)
        .where(shards.c.id == shard_id, shards.c.state == ShardState.OPEN, _held_by(owner))
        .values(NO_LEASE | {"failures": shards.c.failures + 1, "published_at": sa.func.now()})
    )


def advance(connection: sa.Connection, claim: Claim, *, go_on: bool) -> bool:
    """End a claimed step: on to the next of the route, or the shard is done.

    Answers False where the lease was lost meanwhile; nothing may then be written.
    """
    following = claim.at + 1
    ended = connection.execute(
        sa.update(shards)
        .where(
            shards.c.id == claim.shard_id,
            shards.c.at == claim.at,
            shards.c.state == ShardState.OPEN,
            _held_by(claim.owner),
        )
        .values(
            at=following if go_on else claim.at,
            state=ShardState.OPEN if go_on else ShardState.DONE,
            **NO_LEASE,
            losses=0,
            expiries=0,
            failures=0,
            published_at=sa.func.now(),
        )
    )
    return ended.rowcount == 1
