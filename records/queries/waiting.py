"""The images that wait for a shard, as the planner looks at them. Every query is bounded."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from line.facts import Facts
from line.states import ImageState, ShardState
from records.tables import images, shards


@dataclass(frozen=True, slots=True)
class WaitingImage:
    """An image that waits for a shard; ``bytes`` is the size of its original."""

    id: int
    bytes: int
    facts: Facts


def fronts(connection: sa.Connection, batch_id: int, *, probing: bool) -> list[tuple[str, int]]:
    """(recipe digest, position) at which images of a batch wait, the most advanced first."""
    if not probing:
        return [(row.recipe, row.step) for row in connection.execute(_FRONTS, {"batch": batch_id})]
    query = (  # in a batch that is probed nearly all others are held
        sa.select(images.c.recipe, images.c.step)
        .where(images.c.batch_id == batch_id, _WAITING, images.c.probe)
        .group_by(images.c.recipe, images.c.step)
        .order_by(images.c.step.desc())
    )
    return [(row.recipe, row.step) for row in connection.execute(query)]


_WAITING = sa.text("images.state = 'waiting'")
"""Written out, so that Postgres sees at once that the partial index ``images_front`` will do."""

_FRONTS = sa.text("""
    -- hops from one pair to the next along the index, however many images wait at each
    WITH RECURSIVE front AS (
        (SELECT recipe, step FROM images WHERE batch_id = :batch AND state = 'waiting'
         ORDER BY recipe, step LIMIT 1)
        UNION ALL
        SELECT hop.recipe, hop.step FROM front CROSS JOIN LATERAL (
            SELECT recipe, step FROM images WHERE batch_id = :batch AND state = 'waiting'
            AND (recipe, step) > (front.recipe, front.step) ORDER BY recipe, step LIMIT 1
        ) AS hop
    )
    SELECT recipe, step FROM front ORDER BY step DESC
""")


def images_at(
    connection: sa.Connection, batch_id: int, recipe: str, position: int, *, probing: bool, limit: int
) -> list[WaitingImage]:
    """Waiting images at one position, at most ``limit``, the oldest first."""
    query = (
        sa.select(images.c.id, images.c.bytes, images.c.facts)
        .where(
            images.c.batch_id == batch_id,
            _WAITING,
            images.c.recipe == recipe,
            images.c.step == position,
            *_probe(probing),
        )
        .order_by(images.c.id)
        .limit(limit)
    )
    return [WaitingImage(row.id, row.bytes, Facts.from_json(row.facts)) for row in connection.execute(query)]


def travelling(connection: sa.Connection, batch_id: int, position: int) -> bool:
    """Whether a shard of the batch is still behind that position, so that its images may come to it."""
    behind = sa.exists().where(
        shards.c.batch_id == batch_id,
        shards.c.state == ShardState.OPEN,
        shards.c.route[shards.c.at + 1] < position,
    )
    return bool(connection.scalar(sa.select(behind)))


def still(connection: sa.Connection, image_ids: Sequence[int]) -> set[int]:
    """Those of the images that wait, looked at again under the batch's lock."""
    query = sa.select(images.c.id).where(images.c.id.in_(image_ids), images.c.state == ImageState.WAITING)
    return set(connection.scalars(query))


def _probe(probing: bool) -> list[sa.ColumnElement[bool]]:
    return [images.c.probe] if probing else []
