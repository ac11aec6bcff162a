"""The readings of the newest steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from records.tables import steps


@dataclass(frozen=True, slots=True)
class StepReadings:
    """What one step measured of one image.

    Attributes:
        broken: the limits that were broken, as ``steps.reasons`` holds them.
    """

    id: int
    image_id: int
    readings: Mapping[str, float | None]
    broken: Sequence[Mapping[str, Any]]


def newer(connection: sa.Connection, after: int, limit: int) -> list[StepReadings]:
    """The newest steps with ids above ``after``, at most ``limit``, the oldest of them first."""
    query = (
        sa.select(steps.c.id, steps.c.image_id, steps.c.readings, steps.c.reasons)
        .where(steps.c.id > after)
        .order_by(steps.c.id.desc())
        .limit(limit)
    )
    rows = [
        StepReadings(row.id, row.image_id, row.readings, row.reasons) for row in connection.execute(query)
    ]
    return rows[::-1]
