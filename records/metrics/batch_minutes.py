"""What each batch did in each minute, for its pace and its artifact rate over time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.metrics.tables import batch_minutes
from records.queries.select import Connection, select

PACE_MINUTES: Final = 5
"""Time over which the present pace is measured (min)."""
CHART_HOURS: Final = 6
"""Maximum time that the parts of a chart cover, up to the batch's last step (h)."""
CHART_PARTS: Final = 36
"""Maximum number of parts of equal length into which that time is divided."""


@dataclass(frozen=True, slots=True)
class Advance:
    """What steps did for a batch.

    Attributes:
        settled: images that left the line.
        positions: steps of the recipe that images left behind; all that remain for an image that left the line.
        judged: images that gates judged for the first time.
        artifacts: images that gates flagged for an artifact.
    """

    settled: int = 0
    positions: int = 0
    judged: int = 0
    artifacts: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """The present pace of a batch, of its last ``PACE_MINUTES``.

    Attributes:
        images_per_second: images that left the line.
        advance_per_second: the same with parts of images, as :class:`records.queries.reports.Progress` counts them.
        parts: of the time from its start, or the last ``CHART_HOURS``, to its last step; oldest first.
        part_minutes: length of one.
    """

    images_per_second: float
    advance_per_second: float
    parts: Sequence[Advance]
    part_minutes: int


def add(connection: sa.Connection, batch_id: int, advance: Advance) -> None:
    """Add one step of one shard, in the transaction that records it; the batch must be locked."""
    minute = sa.func.date_trunc("minute", sa.func.now())
    statement = insert(batch_minutes).values(batch_id=batch_id, minute=minute, **asdict(advance))
    sums = {name: batch_minutes.c[name] + statement.excluded[name] for name in asdict(advance)}
    connection.execute(statement.on_conflict_do_update(index_elements=["batch_id", "minute"], set_=sums))


def paces(connection: Connection, batch_ids: Sequence[int]) -> dict[int, Pace]:
    """The pace of each batch; reads at most ``CHART_HOURS`` of minutes of each."""
    sums: dict[int, dict[int, Advance]] = {}
    for row in select(connection, _PARTS, batches=list(batch_ids)):
        advance = Advance(int(row.settled), int(row.positions), int(row.judged), int(row.artifacts))
        sums.setdefault(row.id, {})[int(row.part)] = advance
    recent = select(connection, _RECENT, batches=list(batch_ids))
    return {row.id: _pace(row, sums.get(row.id, {})) for row in recent}


def _pace(row: Any, sums: Mapping[int, Advance]) -> Pace:
    seconds = max(1.0, float(row.seconds))
    return Pace(
        images_per_second=float(row.settled) / seconds,
        advance_per_second=float(row.positions) / row.steps / seconds,
        parts=[sums.get(number, Advance()) for number in range(math.ceil(row.minutes / row.width))],
        part_minutes=int(row.width),
    )


_SPANS: Final = f"""
    SELECT span.*, ceil(minutes / {CHART_PARTS}.0)::int AS width
    FROM (
        SELECT id, since, (extract(epoch FROM date_trunc('minute', until) - since) / 60 + 1)::int AS minutes
        FROM (
            SELECT id, until,
                   date_trunc('minute', greatest(created_at, until - interval '{CHART_HOURS} hours')) AS since
            FROM (SELECT *, greatest(created_at, worked_at) AS until FROM batches WHERE id = ANY(%(batches)s)) AS batch
        ) AS times
    ) AS span
"""
_PARTS: Final = f"""
    SELECT id, floor(extract(epoch FROM minute - since) / 60 / width)::int AS part, sum(settled) AS settled,
           sum(positions) AS positions, sum(judged) AS judged, sum(artifacts) AS artifacts
    FROM ({_SPANS}) AS span JOIN batch_minutes ON batch_id = id AND minute >= since GROUP BY id, part
"""
_RECENT: Final = f"""
    SELECT span.id, span.minutes, span.width, recent.settled, recent.positions,
           jsonb_array_length(recipes.body -> 'steps') AS steps,
           extract(epoch FROM now() - greatest(batches.created_at, pace.since)) AS seconds
    FROM ({_SPANS}) AS span JOIN batches ON batches.id = span.id
    JOIN recipes ON recipes.digest = batches.recipe
    CROSS JOIN (SELECT date_trunc('minute', now()) - interval '{PACE_MINUTES} minutes' AS since) AS pace
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(settled), 0) AS settled, coalesce(sum(positions), 0) AS positions
        FROM batch_minutes WHERE batch_id = span.id AND minute >= pace.since
    ) AS recent
"""
