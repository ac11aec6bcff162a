"""Controls: pictures that are certainly good or certainly bad. They are mixed into spot checks to measure reviewers."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from records.grid import pictures
from records.queries import review_queue
from records.spot_checks.tables import spot_controls
from records.tables import images


@dataclass(frozen=True, slots=True)
class Control:
    """One control; ``name`` is the image's path inside its upload."""

    id: int
    image: int
    name: str
    is_bad: bool
    added_by: str


def add(connection: sa.Connection, image_id: int, *, is_bad: bool, person: str) -> None:
    """Take an image as a control: its delivered picture, or the result with which it was flagged.

    Raises:
        InputError: there is no such image, or neither of these pictures of it.
    """
    tiles = pictures.tiles(connection, [image_id])
    if not tiles:
        raise InputError(f"there is no image {image_id}; `sluice images BATCH` lists them")
    (tile,) = tiles
    flagged = review_queue.one(connection, image_id)
    if flagged is not None and flagged.is_edited:
        before = [("", flagged.before)] if flagged.before else tile.before()
        after = [("", str(flagged.proposal))]
    elif tile.file is not None:
        current = [("", tile.current)] if tile.current else []
        before, after = tile.before(), [*tile.delivered(), *current]
    else:
        raise InputError(
            f"image {image_id} is {tile.state} and shows no result: take a delivered image, or one that was flagged "
            "with a result"
        )
    values = {"is_bad": is_bad, "before": before, "after": after, "added_by": person}
    statement = insert(spot_controls).values(image_id=image_id, **values)
    renewed = {**values, "at": sa.func.now(), "removed_at": None}
    connection.execute(statement.on_conflict_do_update(index_elements=["image_id"], set_=renewed))


def remove(connection: sa.Connection, image_id: int) -> None:
    """No longer ask about a control; the answers about it stay.

    Raises:
        InputError: the image is no control.
    """
    removed = connection.execute(
        sa.update(spot_controls)
        .where(spot_controls.c.image_id == image_id, spot_controls.c.removed_at.is_(None))
        .values(removed_at=sa.func.now())
    )
    if not removed.rowcount:
        raise InputError(f"image {image_id} is no control")


def listed(connection: sa.Connection) -> list[Control]:
    """All controls, oldest first."""
    query = (
        sa.select(spot_controls, images.c.name)
        .join(images, images.c.id == spot_controls.c.image_id)
        .where(spot_controls.c.removed_at.is_(None))
        .order_by(spot_controls.c.id)
    )
    return [
        Control(row.id, row.image_id, row.name, row.is_bad, row.added_by) for row in connection.execute(query)
    ]
