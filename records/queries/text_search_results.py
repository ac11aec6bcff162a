"""Images of a vendor that were searched for text, with their pictures as that and the removal left them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from line.facts import Facts, RecordedRegion
from line.states import ImageState
from records import recipes
from records.tables import batches, image_counts, images, steps

STATES = (ImageState.FLAGGED, ImageState.DELIVERED)
"""States of the images that are given: they wait for nobody but a person, or were delivered."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One image.

    Attributes:
        picture: key of the picture after the last step that looked for text or took some off.
        regions: text that was found on it.
    """

    image: int
    picture: str
    regions: Sequence[RecordedRegion]


def batches_of(connection: sa.Connection, vendor: str) -> list[int]:
    """A vendor's batches, oldest first."""
    return list(
        connection.scalars(sa.select(batches.c.id).where(batches.c.vendor == vendor).order_by(batches.c.id))
    )


def count(connection: sa.Connection, vendor: str) -> int:
    """How many flagged and delivered images a vendor has, searched or not; by the counters."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(image_counts.c.images), 0))
        .join(batches, batches.c.id == image_counts.c.batch_id)
        .where(batches.c.vendor == vendor, image_counts.c.state.in_(STATES))
    )
    return int(connection.scalar(query) or 0)


def page(
    connection: sa.Connection,
    batch_id: int,
    state: ImageState,
    transforms: Collection[str],
    *,
    after: int,
    limit: int,
) -> tuple[list[Searched], int | None]:
    """Those of the next ``limit`` images of a batch and state that went through one of ``transforms``.

    Those for which a person drew the mask are not among them: what goes and what stays there was decided.

    Returns:
        The images by their ids, and the id after which the next page begins; None behind the last page.
    """
    some = (
        sa.select(images)
        .where(images.c.batch_id == batch_id, images.c.state == state, images.c.id > after)
        .order_by(images.c.id)
        .limit(limit)
        .subquery()
    )
    last = (
        sa.select(sa.func.coalesce(steps.c.output, steps.c.input).label("picture"))
        .where(
            steps.c.image_id == some.c.id,
            recipes.ran_by(batch_id, some.c.recipe),
            steps.c.transform.in_(transforms),
        )
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        sa.select(
            some.c.id,
            some.c.current,
            last.c.picture,
            some.c.facts["regions"].label("regions"),
            some.c.facts["person_mask"].is_not(None).label("is_masked"),
        )
        .outerjoin(last, sa.true())
        .order_by(some.c.id)
    )
    rows = connection.execute(query).all()
    page_images = [image for row in rows if (image := _searched(row, state)) is not None]
    return page_images, rows[-1].id if len(rows) == limit else None


def _searched(row: sa.Row[Any], state: ImageState) -> Searched | None:
    # a flagged step's result is only proposed: the picture stands as it came to the step
    picture = row.current if state is ImageState.FLAGGED else row.picture
    if row.picture is None or picture is None or row.is_masked:
        return None
    return Searched(row.id, picture, Facts.from_json({"regions": row.regions or ()}).regions or ())
