"""What intake has seen in the ingest bucket, so that a restart forgets no quiet period."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.tables import sightings

Connection = sa.Connection


def get(connection: sa.Connection, prefix: str) -> sa.Row[Any] | None:
    """What was last seen of an upload."""
    return connection.execute(sa.select(sightings).where(sightings.c.prefix == prefix)).one_or_none()


def note(connection: sa.Connection, prefix: str, digest: str) -> float:
    """Note the listing's digest; answers for how many seconds, by the database's clock, it has stood."""
    statement = insert(sightings).values(prefix=prefix, digest=digest)
    statement = statement.on_conflict_do_update(
        index_elements=["prefix"],
        set_={"digest": digest, "changed_at": sa.func.now()},
        where=sightings.c.digest != digest,
    )
    connection.execute(statement)
    age = sa.extract("epoch", sa.func.now() - sightings.c.changed_at)
    return float(connection.scalar(sa.select(age).where(sightings.c.prefix == prefix)) or 0)


def took(connection: sa.Connection, prefix: str, digest: str) -> None:
    """Note that the upload was taken as it stood."""
    connection.execute(
        sa.update(sightings).where(sightings.c.prefix == prefix).values(taken=digest, trouble="")
    )


def complain(connection: sa.Connection, prefix: str, trouble: str) -> None:
    """Note why an upload cannot be taken; it is not tried again until it changes."""
    connection.execute(
        sa.update(sightings)
        .where(sightings.c.prefix == prefix)
        .values(trouble=trouble, taken=sightings.c.digest)
    )


def troubles(connection: sa.Connection) -> list[dict[str, str]]:
    """Uploads that could not be taken, and why."""
    query = sa.select(sightings.c.prefix, sightings.c.trouble).where(sightings.c.trouble != "")
    return [dict(row._mapping) for row in connection.execute(query)]
