"""What a step of an image probably costs at most: the 95th percentile of what was measured last."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from records.tables import images, steps

SAMPLE: Final = 500
"""Number of newest steps that an estimate looks at."""
MIN_SAMPLE: Final = 5
"""Minimum number of recorded steps for an estimate."""
QUANTILE: Final = 0.95
MIN_MEGAPIXELS: Final = 0.25
"""Size below which a smaller image is not expected to take less (megapixels)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Measured duration of one step of one image on one device, 95th percentiles.

    Attributes:
        seconds: per image.
        seconds_per_megapixel: per megapixel, for images above ``MIN_MEGAPIXELS``.
    """

    seconds: float
    seconds_per_megapixel: float

    def of(self, megapixels: float) -> float:
        """Estimated seconds for an image of that size.

        Never below the percentile of all images: a step after an enlargement works on more pixels than are known when
        its shard is planned.
        """
        return max(self.seconds, self.seconds_per_megapixel * max(megapixels, MIN_MEGAPIXELS))


def pace(connection: sa.Connection, transform: str, model: str | None, device: str) -> Pace | None:
    """The pace of a step on a kind of device; None where too few are on record."""
    width, height = (sa.cast(steps.c.facts[side].astext, sa.Double) for side in ("width", "height"))
    pixels = sa.func.coalesce(width * height / 1e6, images.c.bytes / 0.3e6)
    newest = (
        sa.select(steps.c.seconds, sa.func.greatest(pixels, MIN_MEGAPIXELS).label("megapixels"))
        .join(images, images.c.id == steps.c.image_id)
        .where(
            steps.c.transform == transform,
            steps.c.device == device,
            steps.c.model.is_not_distinct_from(model),
        )
        .order_by(steps.c.id.desc())
        .limit(SAMPLE)
        .subquery()
    )
    row = connection.execute(
        sa.select(
            sa.func.count().label("sampled"),
            _quantile(newest.c.seconds).label("seconds"),
            _quantile(newest.c.seconds / newest.c.megapixels).label("per_megapixel"),
        )
    ).one()
    return Pace(row.seconds, row.per_megapixel) if row.sampled >= MIN_SAMPLE else None


def _quantile(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.percentile_cont(QUANTILE).within_group(value)
