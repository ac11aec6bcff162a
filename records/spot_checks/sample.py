"""The random sample: which delivered picture of a batch is drawn next."""

from collections.abc import Collection
from random import Random
from typing import Final

import sqlalchemy as sa

from line.states import ImageState
from records.tables import image_counts

MAX_LISTED: Final = 10_000
"""Maximum number of delivered pictures that are listed to draw one of them; of more, ids are tried."""
TRIED: Final = 200
"""Ids that are tried by one query."""
MAX_ROUNDS: Final = 200
"""Maximum number of such queries for one picture."""


def delivered(connection: sa.Connection, batch_id: int) -> int:
    """Number of delivered pictures of a batch, by the counters."""
    query = sa.select(sa.func.coalesce(sa.func.sum(image_counts.c.images), 0)).where(
        image_counts.c.batch_id == batch_id, image_counts.c.state == ImageState.DELIVERED
    )
    return int(connection.scalar(query) or 0)


def draw(connection: sa.Connection, batch_id: int, drawn: Collection[int], random: Random) -> int | None:
    """Id of a delivered picture that was not drawn before, each with the same probability; None where none is left."""
    taken = set(drawn)
    if delivered(connection, batch_id) <= MAX_LISTED:
        left = [number for number in connection.scalars(_ALL, {"batch": batch_id}) if number not in taken]
        return random.choice(left) if left else None
    low, high = connection.execute(_ENDS, {"batch": batch_id}).one()
    for _ in range(MAX_ROUNDS):
        tried = [random.randint(low, high) for _ in range(TRIED)]
        there = set(connection.scalars(_THERE, {"batch": batch_id, "ids": tried}))
        for number in tried:
            if number in there and number not in taken:
                return number
    return None


_ALL = sa.text("SELECT id FROM images WHERE batch_id = :batch AND state = 'delivered' ORDER BY id")
_ENDS = sa.text("SELECT min(id), max(id) FROM images WHERE batch_id = :batch AND state = 'delivered'")
_THERE = sa.text(
    "SELECT id FROM images WHERE id = ANY(CAST(:ids AS bigint[])) AND batch_id = :batch AND state = 'delivered'"
)
