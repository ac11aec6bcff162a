"""Uploads that programs send through the HTTP API, or name in the bucket."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from records.access.tables import transfers
from records.tables import batches, sightings


@dataclass(frozen=True, slots=True)
class Transfer:
    """An upload of a program.

    Attributes:
        prefix: where it lies in the bucket.
        recipe: name of the recipe that it asks for.
        completed_at: when the program said that all files are there.
        batch_id: the batch that it became.
        problem: why it cannot be taken; empty where nothing is wrong.
    """

    id: int
    prefix: str
    recipe: str
    created_at: datetime
    completed_at: datetime | None
    batch_id: int | None
    problem: str

    @property
    def state(self) -> str:
        """``receiving``, ``complete``, ``taken`` or ``refused``."""
        if self.batch_id is not None:
            return "taken"
        if self.problem:
            return "refused"
        return "receiving" if self.completed_at is None else "complete"


def begin(connection: sa.Connection, token_id: int, prefix: str, recipe: str) -> int:
    """Record an upload before its first file.

    Raises:
        InputError: there is an upload at that place already.
    """
    is_taken = sa.select(sa.exists().where(batches.c.prefix == prefix))
    new = insert(transfers).values(token_id=token_id, prefix=prefix, recipe=recipe).on_conflict_do_nothing()
    if connection.scalar(is_taken):
        raise InputError(f"{prefix} is a batch already: choose another name for the upload")
    transfer_id = connection.scalar(new.returning(transfers.c.id))
    if transfer_id is None:
        raise InputError(f"{prefix} is being sent already: choose another name for the upload")
    return int(transfer_id)


def get(connection: sa.Connection, token_id: int, transfer_id: int) -> Transfer | None:
    """An upload of this token; None where there is none, or another token's."""
    batch = (
        sa.select(sa.func.max(batches.c.id)).where(batches.c.prefix == transfers.c.prefix).scalar_subquery()
    )
    query = (
        sa.select(
            transfers, batch.label("batch_id"), sa.func.coalesce(sightings.c.trouble, "").label("problem")
        )
        .outerjoin(sightings, sightings.c.prefix == transfers.c.prefix)
        .where(transfers.c.id == transfer_id, transfers.c.token_id == token_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Transfer(
        row.id, row.prefix, row.recipe, row.created_at, row.completed_at, row.batch_id, row.problem
    )


def complete(connection: sa.Connection, transfer_id: int) -> None:
    """Note that all files are there."""
    connection.execute(
        sa.update(transfers).where(transfers.c.id == transfer_id).values(completed_at=sa.func.now())
    )
