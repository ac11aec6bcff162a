"""Uploads in the ingest bucket: what intake has seen of them, so that a restart forgets no quiet period, and
what earlier batches took of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.filenames.names import fold
from line.states import BatchState, ImageState, ShardState
from records import recipes
from records.batches import NewBatch, lock
from records.storage.files import separate_paths
from records.tables import batches, images, shards, sightings, steps


@dataclass(frozen=True, slots=True)
class Quiet:
    """How an upload arrives.

    Attributes:
        seconds: since its listing last changed, by the database's clock.
        longest_gap: longest time between two changes so far (s).
    """

    seconds: float
    longest_gap: float


def get(connection: sa.Connection, prefix: str) -> sa.Row[Any] | None:
    """What was last seen of an upload."""
    return connection.execute(sa.select(sightings).where(sightings.c.prefix == prefix)).one_or_none()


def note(connection: sa.Connection, prefix: str, digest: str) -> Quiet:
    """Note the listing's digest; answers for how long it has stood."""
    statement = insert(sightings).values(prefix=prefix, digest=digest)
    gap = sa.extract("epoch", sa.func.now() - sightings.c.changed_at)
    # What is added to an upload that was taken begins to arrive anew.
    longest = sa.case(
        (sightings.c.taken.is_not(None), 0.0), else_=sa.func.greatest(sightings.c.longest_gap, gap)
    )
    statement = statement.on_conflict_do_update(
        index_elements=["prefix"],
        set_={"digest": digest, "changed_at": sa.func.now(), "longest_gap": longest},
        where=sightings.c.digest != digest,
    )
    connection.execute(statement)
    age = sa.extract("epoch", sa.func.now() - sightings.c.changed_at).label("age")
    row = connection.execute(
        sa.select(age, sightings.c.longest_gap).where(sightings.c.prefix == prefix)
    ).one()
    return Quiet(float(row.age), row.longest_gap)


def mark_taken(connection: sa.Connection, prefix: str, digest: str) -> None:
    """Note that the upload was taken as it stood."""
    connection.execute(
        sa.update(sightings).where(sightings.c.prefix == prefix).values(taken=digest, trouble="")
    )


def record_error(connection: sa.Connection, prefix: str, sentence: str) -> None:
    """Note why an upload cannot be taken; it is not tried again until it changes."""
    connection.execute(
        sa.update(sightings)
        .where(sightings.c.prefix == prefix)
        .values(trouble=sentence, taken=sightings.c.digest)
    )


def errors(connection: sa.Connection) -> dict[str, str]:
    """Why uploads could not be taken, by their prefix."""
    query = sa.select(sightings.c.prefix, sightings.c.trouble).where(sightings.c.trouble != "")
    return {row.prefix: row.trouble for row in connection.execute(query)}


def forget(connection: sa.Connection, prefixes: set[str]) -> None:
    """Forget the errors of uploads that lie in the bucket no more: all but ``prefixes``."""
    gone = sa.and_(sightings.c.trouble != "", sightings.c.prefix.not_in(prefixes))
    connection.execute(sa.update(sightings).where(gone).values(trouble=""))


def files_taken(connection: sa.Connection, prefix: str, recipe: str) -> set[tuple[str, str]]:
    """(key, tag) of every file that a batch of this upload and recipe holds."""
    query = (
        sa.select(images.c.source, images.c.tag)
        .join(batches, batches.c.id == images.c.batch_id)
        .where(batches.c.prefix == prefix, batches.c.recipe == recipe)
    )
    return {(row.source, row.tag) for row in connection.execute(query)}


def count_other_files(connection: sa.Connection, batch_id: int, count: int) -> None:
    """Note how many files of the upload are no pictures."""
    connection.execute(sa.update(batches).where(batches.c.id == batch_id).values(other_files=count))


def change_recipe(
    connection: sa.Connection, batch_id: int, new: NewBatch, file_of: Callable[[str], str]
) -> bool:
    """Give a batch another recipe and folder, where no worker has begun it; False where one has.

    Args:
        file_of: the delivered path of an image's name with the new recipe.
    """
    batch = lock(connection, batch_id)
    leased = sa.exists().where(shards.c.batch_id == batch_id, shards.c.lease_until.is_not(None))
    begun = sa.exists().where(steps.c.batch_id == batch_id)
    if batch.state != BatchState.RUNNING or connection.scalar(sa.select(sa.or_(leased, begun))):
        return False
    of_batch = images.c.batch_id == batch_id
    connection.execute(
        sa.update(images)
        .where(of_batch, images.c.state == ImageState.WORKING)
        .values(state=ImageState.WAITING, shard_id=None)
    )
    connection.execute(
        sa.update(shards)
        .where(shards.c.batch_id == batch_id, shards.c.state == ShardState.OPEN)
        .values(state=ShardState.DONE)
    )
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id)
        .values(recipe=new.recipe, out=new.out, digest=new.digest)
    )
    rows = connection.execute(sa.select(images.c.id, images.c.name).where(of_batch)).all()
    if rows:
        connection.execute(
            sa.update(images)
            .where(images.c.id == sa.bindparam("image"))
            .values(recipe=new.recipe, file=sa.bindparam("path"), fold=sa.bindparam("folded")),
            [{"image": row.id, "path": file_of(row.name), "folded": fold(file_of(row.name))} for row in rows],
        )
    separate_paths(connection, batch_id, recipes.load(connection, new.recipe).steps[-1].params)
    return True
