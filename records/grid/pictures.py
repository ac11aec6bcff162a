"""Images as tiles of the grid: what they are, and where a picture of each lies."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from line.states import ImageState
from records.tables import batches, images


@dataclass(frozen=True, slots=True)
class Tile:
    """An image of the grid.

    Attributes:
        severity: see :func:`records.grid.severity.severity`.
        current: key of the picture as it stands; None if the file was never decoded.
        admitted: key of the picture as it was admitted; None if the file was never decoded.
        original: key of the vendor's file.
        out: URL of the delivered folder.
        file: path of its delivered file below that folder; None unless it is delivered.
    """

    id: int
    batch: int
    vendor: str
    name: str
    state: ImageState
    reason: str
    sentence: str
    severity: float
    current: str | None
    admitted: str | None
    original: str
    out: str
    file: str | None

    @property
    def version(self) -> str:
        """Digest of what the picture shows; it changes when that changes."""
        shown = (str(self.state), self.current, self.file, self.reason)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    def stands(self) -> list[tuple[str, str]]:
        """Where a picture of it lies as it stands, the quickest to read first: (URL of a bucket or empty, key)."""
        current = [("", self.current)] if self.current else []
        return [*current, *self.delivered(), ("", self.original)]

    def delivered(self) -> list[tuple[str, str]]:
        """Where its delivered file lies; empty unless it is delivered."""
        return [(self.out, self.file)] if self.file else []

    def before(self) -> list[tuple[str, str]]:
        """Where the picture lies as it came."""
        admitted = [("", self.admitted)] if self.admitted else []
        return [*admitted, ("", self.original)]


def tiles(connection: sa.Connection, ids: Sequence[int]) -> list[Tile]:
    """The images of these ids, in that order; those that were forgotten meanwhile are left out."""
    query = (
        sa.select(
            images.c.id, images.c.batch_id, images.c.name, images.c.state, images.c.reason, images.c.sentence,
            images.c.severity, images.c.current, images.c.source, images.c.file, batches.c.vendor, batches.c.out,
            images.c.facts["admitted"].as_string().label("admitted"),
        )
        .join(batches, batches.c.id == images.c.batch_id)
        .where(images.c.id.in_(ids))
    )  # fmt: skip
    by_id = {
        row.id: Tile(
            id=row.id,
            batch=row.batch_id,
            vendor=row.vendor,
            name=row.name,
            state=ImageState(row.state),
            reason=row.reason,
            sentence=row.sentence,
            severity=row.severity,
            current=row.current,
            admitted=row.admitted,
            original=row.source,
            out=row.out,
            file=row.file if row.state == ImageState.DELIVERED else None,
        )
        for row in connection.execute(query)
    }
    return [by_id[number] for number in ids if number in by_id]
