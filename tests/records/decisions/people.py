"""Decisions of a person on images in every state."""

from typing import Any

import sqlalchemy as sa

from records import batches, decisions
from records.storage import withdrawals
from tests.harness import db_builders
from tests.harness.context import transact

LAST = len(db_builders.STEPS) - 1


def accept(image: int) -> None:
    transact(lambda connection: decisions.accept(connection, image, (), LAST), actor="person:ada")


def withdrawn(image: int) -> list[str]:
    """The files of the image's batch that are to go."""
    batch = row_of(image).batch_id
    return [file for _, file in transact(lambda connection: withdrawals.pending(connection, batch))]


def reject(image: int) -> None:
    transact(lambda connection: decisions.reject(connection, image), actor="person:ada")


def requeue(image: int, **wishes: Any) -> None:
    transact(lambda connection: decisions.requeue(connection, image, **wishes), actor="person:ada")


def rollback(image: int, position: int) -> None:
    name = db_builders.STEPS[position]
    transact(lambda connection: decisions.rollback(connection, image, position, name), actor="person:ada")


def image_in(state: str) -> int:
    """An image in that state, which has been through the first two steps where it could."""
    batch = db_builders.batch(1)
    image = int(db_builders.rows(batch)[0].id)
    if state == "waiting":
        return image
    shard = db_builders.shard(batch)
    if state == "working":
        return image
    ends = {
        "flagged": db_builders.flag,
        "rejected": db_builders.refuse,
        "failed": db_builders.fail,
        "discarded": db_builders.flag,
    }
    if state == "held":
        transact(lambda connection: batches.halt(connection, batch, "by hand"))
    elif state == "delivered":
        db_builders.through(shard)
    else:
        db_builders.through(shard, 1)
        taken = db_builders.claim(shard, 1)
        db_builders.finish(taken, [ends[state](done) for done in db_builders.results(taken)])
        if state == "discarded":
            reject(image)
    assert row_of(image).state == state
    return image


def row_of(image: int) -> sa.Row[Any]:
    return db_builders.execute("SELECT * FROM images WHERE id = :id", id=image).one()
