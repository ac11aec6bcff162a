"""Photos that went on with a rolled back candidate: found by the records of their steps, and sent round again."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from line.facts import Facts
from line.states import SETTLED, BatchState, ImageState, RolloutState
from records import batches
from records.images import UNFLAGGED
from records.rollouts.rollout import Rollout
from records.rollouts.tables import rollouts
from records.storage import withdrawals
from records.tables import images, shards, steps

_FINAL = (ImageState.DISCARDED, ImageState.REJECTED)
"""States in which a photo neither ships nor keeps the candidate's picture if it goes round again."""


@dataclass(frozen=True, slots=True)
class ShippedPhoto:
    """A photo whose present picture a candidate made.

    Attributes:
        position: of the candidate's step in the recipe.
        is_settled: it is on no shard and waits for none, so that it can be sent round now.
    """

    image_id: int
    position: int
    is_settled: bool


def uncleared(connection: sa.Connection) -> list[Rollout]:
    """Rolled back rollouts of which photos may be left."""
    query = sa.select(rollouts).where(
        rollouts.c.state == RolloutState.ROLLED_BACK, rollouts.c.cleared_at.is_(None)
    )
    return [Rollout.from_row(row) for row in connection.execute(query.order_by(rollouts.c.id))]


def shipped(
    connection: sa.Connection, rollout: Rollout, after: int = 0, limit: int = 500
) -> list[ShippedPhoto]:
    """Photos whose present picture the candidate of a rollout made, by id, behind the id ``after``.

    A photo that passed the step again since, with another model, is none of them.
    """
    touched = sa.select(steps.c.image_id).where(steps.c.rollout_id == rollout.id, steps.c.image_id > after)
    newest = (
        sa.select(steps.c.image_id, steps.c.position, steps.c.rollout_id)
        .where(steps.c.image_id.in_(touched), steps.c.transform == rollout.step)
        .ext(distinct_on(steps.c.image_id, steps.c.position))
        .order_by(steps.c.image_id, steps.c.position, steps.c.id.desc())
        .subquery()
    )
    is_settled = images.c.state.in_(list(SETTLED))
    query = (
        sa.select(
            images.c.id, sa.func.min(newest.c.position).label("position"), is_settled.label("is_settled")
        )
        .join(newest, newest.c.image_id == images.c.id)
        .where(
            newest.c.rollout_id == rollout.id,
            images.c.state.not_in(_FINAL),
            sa.or_(
                images.c.step > newest.c.position, sa.and_(is_settled, images.c.step == newest.c.position)
            ),
        )
        .group_by(images.c.id)
        .order_by(images.c.id)
        .limit(limit)
    )
    return [ShippedPhoto(row.id, row.position, row.is_settled) for row in connection.execute(query)]


def count_shipped(connection: sa.Connection, rollout_id: int) -> int:
    """Number of photos that went on with the picture of a candidate, at any time."""
    query = sa.select(sa.func.count(steps.c.image_id.distinct())).where(steps.c.rollout_id == rollout_id)
    return int(connection.scalar(query) or 0)


def send_back(connection: sa.Connection, photo: ShippedPhoto) -> bool:
    """Send one photo through the step again as it came to it; False where it moved meanwhile or its batch is halted.

    What people decided before that step still holds. Where it was delivered, its file is to be withdrawn.
    """
    query = (
        sa.select(steps)
        .where(steps.c.image_id == photo.image_id, steps.c.position == photo.position)
        .order_by(steps.c.id.desc())
        .limit(1)
    )
    step = connection.execute(query).one()
    batch = batches.lock(connection, step.batch_id)
    image = connection.execute(sa.select(images).where(images.c.id == photo.image_id).with_for_update()).one()
    may_go = batch.state in (BatchState.RUNNING, BatchState.DONE)
    if not may_go or image.state not in SETTLED or image.state in _FINAL:
        return False
    facts = Facts.from_json(step.facts).without("vendor")
    connection.execute(
        sa.update(images)
        .where(images.c.id == image.id)
        .values(
            **UNFLAGGED,
            state=ImageState.WAITING,
            step=photo.position,
            current=step.input,
            mask=step.input_mask,
            facts=facts.to_json(),
            accepted=bool(facts.accepted),
        )
    )
    if image.state == ImageState.DELIVERED:
        files = [(image.file, withdrawals.delivered_renditions(image.file, image.facts))]
        withdrawals.note(connection, batch.id, files, certain=True)
    batches.reopen(connection, batch.id)
    return True


def clear(connection: sa.Connection, rollout: Rollout) -> bool:
    """Note that no photo is left that went on with the candidate; False where one is.

    A shard that began before the rollback may still record one: as long as one is open, nothing is cleared.
    """
    if shipped(connection, rollout, limit=1) or _may_still_ship(connection, rollout):
        return False
    connection.execute(
        sa.update(rollouts).where(rollouts.c.id == rollout.id).values(cleared_at=sa.func.now())
    )
    return True


def _may_still_ship(connection: sa.Connection, rollout: Rollout) -> bool:
    """Whether a step under way was claimed before the rollback."""
    running = sa.exists().where(
        shards.c.lease_until.is_not(None),
        shards.c.transforms[shards.c.at + 1] == rollout.step,
        shards.c.published_at < (rollout.decided_at or sa.func.now()),
    )
    return bool(connection.scalar(sa.select(running)))
