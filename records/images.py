"""One image as the records hold it, for people's decisions and for pages about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from line.errors import InputError
from line.facts import Facts
from line.recipe import Recipe
from line.states import ImageState
from records import recipes
from records.tables import images

UNFLAGGED: Final[Mapping[str, Any]] = {
    "reason": "",
    "sentence": "",
    "artifact": False,
    "judged": False,
    "counted": False,
    "proposal": None,
    "proposal_mask": None,
    "losses": 0,
}
"""Columns of an image that goes round again: nothing is left of why it stopped, and the breaker counts it anew."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """An image with the recipe it follows.

    Attributes:
        name: path inside the upload.
        reason, sentence: why it left the line; empty while it has not.
        file: path below the batch's folder that it is delivered to.
    """

    id: int
    batch_id: int
    name: str
    state: ImageState
    reason: str
    sentence: str
    file: str | None
    facts: Facts
    recipe: Recipe


def find(connection: sa.Connection, image_id: int) -> ImageRecord | None:
    """The image of that id, if there is one."""
    row = connection.execute(sa.select(images).where(images.c.id == image_id)).one_or_none()
    if row is None:
        return None
    return ImageRecord(
        id=row.id,
        batch_id=row.batch_id,
        name=row.name,
        state=ImageState(row.state),
        reason=row.reason,
        sentence=row.sentence,
        file=row.file,
        facts=Facts.from_json(row.facts),
        recipe=recipes.load(connection, row.recipe),
    )


def get(connection: sa.Connection, image_id: int) -> ImageRecord:
    """The image of that id.

    Raises:
        InputError: there is none.
    """
    image = find(connection, image_id)
    if image is None:
        raise InputError(f"there is no image {image_id}; `sluice images BATCH` lists them")
    return image
