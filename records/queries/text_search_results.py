"""Images of a vendor that were searched for text, with their pictures as that and the removal left them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from line.facts import Facts, RecordedRegion
from line.states import ImageState
from records.tables import batches, images, steps


@dataclass(frozen=True, slots=True)
class Searched:
    """An image that waits for nobody but a person, or was delivered.

    Attributes:
        picture: key of the picture after the last step that looked for text or took some off.
        regions: text that was found on it.
    """

    image: int
    picture: str
    regions: Sequence[RecordedRegion]


def searched(connection: sa.Connection, vendor: str, transforms: Collection[str]) -> list[Searched]:
    """The flagged and the delivered images of a vendor that went through one of ``transforms``, by their ids.

    Those for which a person drew the mask are not among them: what goes and what stays there was decided.
    """
    last = (
        sa.select(sa.func.coalesce(steps.c.output, steps.c.input).label("picture"))
        .where(
            steps.c.image_id == images.c.id,
            steps.c.recipe == images.c.recipe,
            steps.c.transform.in_(transforms),
        )
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    # a flagged step's result is only proposed: the picture stands as it came to the step
    picture = sa.case((images.c.state == ImageState.FLAGGED, images.c.current), else_=last.c.picture)
    query = (
        sa.select(images.c.id, picture.label("picture"), images.c.facts["regions"].label("regions"))
        .join(batches, batches.c.id == images.c.batch_id)
        .join(last, sa.true())
        .where(
            batches.c.vendor == vendor,
            images.c.state.in_((ImageState.FLAGGED, ImageState.DELIVERED)),
            images.c.facts["person_mask"].is_(None),
            picture.is_not(None),
        )
        .order_by(images.c.id)
    )
    return [
        Searched(row.id, row.picture, Facts.from_json({"regions": row.regions or ()}).regions or ())
        for row in connection.execute(query)
    ]
