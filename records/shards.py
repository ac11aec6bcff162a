"""Shards: made from waiting images, claimed under a lease, taken back when nobody lives who works on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from line.image import Image
from line.recipe import Recipe
from line.states import BatchState, ImageState, ShardState
from records import recipes
from records.tables import batches, images, shards

MAX_ATTEMPTS = 4
"""Messages sent for one shard after which it no longer counts against the window of other batches."""


NO_LEASE: Final[dict[str, Any]] = dict.fromkeys(
    ("lease_node", "lease_host", "lease_pid", "lease_process", "lease_worker", "lease_until")
) | {"images_done": 0}
"""Values of the columns of a shard that nobody works on."""


@dataclass(frozen=True, slots=True)
class Route:
    """The steps a chain takes: positions in the recipe, and the transform and queue of each."""

    positions: tuple[int, ...]
    transforms: tuple[str, ...]
    queues: tuple[str, ...]

    def rest(self, at: int) -> "Route":
        """What is left of it from index ``at`` on."""
        return Route(self.positions[at:], self.transforms[at:], self.queues[at:])


@dataclass(frozen=True, slots=True)
class NewShard:
    """Images that are to travel one chain together."""

    batch_id: int
    recipe: str
    route: Route
    image_ids: tuple[int, ...]
    megapixels: float
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that works on a shard.

    Attributes:
        process: its identity, see ``records.process_identity``; empty where the system does not tell.
        worker: identity of the worker that it is a child of.
    """

    node: str
    host: str
    pid: int
    process: str = ""
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A shard that this process may work on until its lease ends."""

    shard_id: int
    batch_id: int
    number: int
    at: int
    position: int
    owner: Owner
    recipe: Recipe
    out: str
    images: tuple[Image, ...]
    is_last: bool
    failures: int = 0
    """Tries in a row that an outage ended."""


@dataclass(frozen=True, slots=True)
class ShardMessage:
    """What a message about an open shard needs.

    Attributes:
        at: index into its route of the next step.
        attempt: how often it was sent.
        images: how many it holds.
        vendor, upload: for the people who read Flower.
    """

    shard_id: int
    batch_id: int
    number: int
    at: int
    attempt: int
    images: int
    route: Route
    vendor: str
    upload: str


@dataclass(frozen=True, slots=True)
class ShardInFlight:
    """An open shard, as the window counts it.

    Attributes:
        queues_left: of the steps before it.
        is_stuck: it was sent again and again, and no worker could do it: its model is ready nowhere.
    """

    batch_id: int
    queues_left: tuple[str, ...]
    is_stuck: bool


def create(connection: sa.Connection, new: Sequence[NewShard]) -> list[int]:
    """Record shards of one batch, which must be locked, and put their waiting images into them."""
    shard_ids = []
    for shard in new:
        number = connection.scalar(
            sa.update(batches)
            .where(batches.c.id == shard.batch_id)
            .values(shards=batches.c.shards + 1)
            .returning(batches.c.shards)
        )
        shard_id = connection.scalar(
            sa.insert(shards)
            .values(
                batch_id=shard.batch_id,
                number=number,
                recipe=shard.recipe,
                route=list(shard.route.positions),
                transforms=list(shard.route.transforms),
                queues=list(shard.route.queues),
                images=len(shard.image_ids),
                megapixels=shard.megapixels,
                losses=shard.losses,
            )
            .returning(shards.c.id)
        )
        moved = connection.execute(
            sa.update(images)
            .where(images.c.id.in_(shard.image_ids), images.c.state == ImageState.WAITING)
            .values(state=ImageState.WORKING, shard_id=shard_id, step=shard.route.positions[0])
        )
        if moved.rowcount != len(shard.image_ids):
            raise RuntimeError(f"shard {shard_id}: an image moved although its batch was locked")
        shard_ids.append(int(shard_id or 0))
    return shard_ids


def messages(connection: sa.Connection, shard_ids: Sequence[int]) -> list[ShardMessage]:
    """The messages of these shards, as far as they are open."""
    query = (
        sa.select(shards, batches.c.vendor, batches.c.upload)
        .join(batches, batches.c.id == shards.c.batch_id)
        .where(shards.c.id.in_(shard_ids), shards.c.state == ShardState.OPEN)
        .order_by(shards.c.id)
    )
    return [
        ShardMessage(
            shard_id=row.id,
            batch_id=row.batch_id,
            number=row.number,
            at=row.at,
            attempt=row.attempt,
            images=row.images,
            route=Route(tuple(row.route), tuple(row.transforms), tuple(row.queues)),
            vendor=row.vendor,
            upload=row.upload,
        )
        for row in connection.execute(query)
    ]


def in_flight(connection: sa.Connection) -> list[ShardInFlight]:
    """Every open shard."""
    queues_left = shards.c.queues[shards.c.at + 1 : sa.func.cardinality(shards.c.queues)]  # counted from 1
    is_stuck = sa.and_(shards.c.attempt > MAX_ATTEMPTS, shards.c.lease_until.is_(None))
    query = sa.select(shards.c.batch_id, queues_left.label("queues_left"), is_stuck.label("is_stuck")).where(
        shards.c.state == ShardState.OPEN
    )
    return [
        ShardInFlight(row.batch_id, tuple(row.queues_left), row.is_stuck) for row in connection.execute(query)
    ]


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


def next_keys(connection: sa.Connection, queue: str) -> list[str]:
    """Keys of the pictures of the shard that is probably next on a queue."""
    following = (
        sa.select(shards.c.id)
        .join(batches, batches.c.id == shards.c.batch_id)
        .where(
            shards.c.state == ShardState.OPEN,
            shards.c.lease_until.is_(None),
            shards.c.queues[shards.c.at + 1] == queue,
            batches.c.state.in_((BatchState.RUNNING, BatchState.PROBING)),
        )
        .order_by(shards.c.published_at)
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(images.c.current).where(images.c.shard_id == following).order_by(images.c.id)
    return [key for key in connection.scalars(query) if key is not None]
