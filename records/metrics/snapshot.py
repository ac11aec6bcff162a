"""Everything that ``/metrics`` shows, read from kept counters: its time does not depend on the number of images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from line.breaker import BREAKER_OF, Breaker
from line.states import BatchState, ImageState
from records import workers
from records.metrics.tables import STEP_SECONDS, WAIT_SECONDS
from records.queries import reports

MAX_OPEN_BATCHES = 200
"""Maximum number of open batches that have artifact rates of their own, the newest."""
MAX_REVIEWED_BATCHES = 20
"""Maximum number of batches, the oldest with flagged images, in which the oldest flagged image is looked for."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by upper bound, each with those of the bounds below it, as Prometheus has them.

    Attributes:
        buckets: (upper bound in seconds, observations up to it), the last bound infinite.
        seconds: sum of all observations.
    """

    buckets: Sequence[tuple[float, int]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at the whole line.

    Attributes:
        images: by state.
        batches: by state.
        breakers: batches that are not done, by the state of their breaker.
        artifact_rates: by id of batches that are not done.
        queues: open shards of each queue, ``waiting`` and ``working``.
        oldest_waiting: seconds that the oldest waiting shard of each queue waits.
        workers: live ones by queue.
        step_seconds: by transform.
        queue_waits: by queue.
        artifacts: of all steps that ever ran, by transform.
        costs: likewise, in the currency of the topology file.
        budget_left: amount left of the tightest account of each scope.
        budget_left_ratio: the same as a share of its ceiling.
        review_oldest: seconds since the oldest flagged image was flagged; 0 where there is none.
        troubles: that nobody dismissed, by kind.
    """

    images: Mapping[str, int]
    batches: Mapping[str, int]
    breakers: Mapping[str, int]
    artifact_rates: Mapping[int, float]
    queues: Mapping[str, Mapping[str, int]]
    oldest_waiting: Mapping[str, float]
    workers: Mapping[str, int]
    schedulers: int
    step_seconds: Mapping[str, Histogram]
    queue_waits: Mapping[str, Histogram]
    artifacts: Mapping[str, int]
    costs: Mapping[str, float]
    budget_left: Mapping[str, float]
    budget_left_ratio: Mapping[str, float]
    review_oldest: float
    troubles: Mapping[str, int]


def take(connection: sa.Connection) -> Snapshot:
    """Read the counters of the line in one transaction."""
    steps = connection.execute(_STEPS).all()
    budgets = connection.execute(_BUDGETS).all()
    return Snapshot(
        images=_zeros(ImageState) | _by_name(connection, _IMAGES),
        batches=_zeros(BatchState) | _by_name(connection, _BATCHES),
        breakers=_breakers(connection),
        artifact_rates={row.id: row.rate for row in connection.execute(_RATES, {"limit": MAX_OPEN_BATCHES})},
        queues=reports.queues(connection),
        oldest_waiting={row.name: float(row.value) for row in connection.execute(_OLDEST_WAITING)},
        workers=workers.live(connection),
        schedulers=workers.schedulers(connection),
        step_seconds=_histograms(steps, STEP_SECONDS),
        queue_waits=_histograms(connection.execute(_WAITS).all(), WAIT_SECONDS),
        artifacts=_sums(steps, "artifacts"),
        costs=_sums(steps, "cost"),
        budget_left={row.scope: float(row.amount) for row in budgets},
        budget_left_ratio={row.scope: float(row.ratio) for row in budgets},
        review_oldest=float(connection.scalar(_REVIEW_OLDEST, {"limit": MAX_REVIEWED_BATCHES}) or 0.0),
        troubles=_by_name(connection, _TROUBLES),
    )


def _zeros(states: type[ImageState] | type[BatchState]) -> dict[str, int]:
    return dict.fromkeys((state.value for state in states), 0)


def _by_name(connection: sa.Connection, query: sa.TextClause) -> dict[str, int]:
    return {row.name: int(row.value) for row in connection.execute(query)}


def _breakers(connection: sa.Connection) -> dict[str, int]:
    counts = dict.fromkeys((breaker.value for breaker in Breaker), 0)
    for row in connection.execute(_BREAKERS):
        breaker = Breaker.CLOSED if row.by_hand else BREAKER_OF[BatchState(row.name)]
        counts[breaker.value] += int(row.value)
    return counts


def _histograms(rows: Sequence[Any], bounds: Sequence[float]) -> dict[str, Histogram]:
    counts: dict[str, dict[float, int]] = {}
    for row in rows:
        counts.setdefault(row.name, {})[row.le] = int(row.observations)
    seconds = _sums(rows, "seconds")
    return {name: Histogram(_cumulated(of_name, bounds), seconds[name]) for name, of_name in counts.items()}


def _cumulated(counts: Mapping[float, int], bounds: Sequence[float]) -> list[tuple[float, int]]:
    return [
        (bound, sum(count for upper, count in counts.items() if upper <= bound))
        for bound in (*bounds, math.inf)
    ]


def _sums(rows: Sequence[Any], column: str) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for row in rows:
        sums[row.name] = sums.get(row.name, 0) + getattr(row, column)
    return sums


_IMAGES = sa.text("SELECT state::text AS name, sum(images)::bigint AS value FROM image_counts GROUP BY state")
_BATCHES = sa.text("SELECT state::text AS name, count(*) AS value FROM batches GROUP BY state")
_BREAKERS = sa.text("""
    SELECT state::text AS name, count(*) AS value,
           state = 'halted' AND halted_at_step IS NULL AND halt_reason NOT LIKE 'probe:%' AS by_hand
    FROM batches WHERE state <> 'done' GROUP BY 1, 3
""")
_RATES = sa.text("""
    SELECT open.id, (sum(counts.artifacts) / sum(counts.judged))::float AS rate
    FROM (SELECT id FROM batches WHERE state <> 'done' ORDER BY id DESC LIMIT :limit) AS open
    JOIN image_counts AS counts ON counts.batch_id = open.id
    GROUP BY open.id HAVING sum(counts.judged) > 0
""")
_OLDEST_WAITING = sa.text("""
    SELECT queues[at + 1] AS name, extract(epoch FROM now() - min(published_at)) AS value
    FROM shards WHERE state = 'open' AND lease_until IS NULL GROUP BY 1
""")
_STEPS = sa.text("""
    SELECT transform AS name, le, sum(images)::bigint AS observations, sum(artifacts)::bigint AS artifacts,
           sum(seconds) AS seconds, sum(cost) AS cost
    FROM step_counters GROUP BY transform, le ORDER BY transform, le
""")
_WAITS = sa.text("""
    SELECT queue AS name, le, sum(shards)::bigint AS observations, sum(seconds) AS seconds
    FROM queue_waits GROUP BY queue, le ORDER BY queue, le
""")
_BUDGETS = sa.text("""
    -- the accounts that are still paid from: those of open batches and of this month
    SELECT DISTINCT ON (scope) scope, greatest(ceiling - spent - reserved, 0) AS amount,
           greatest(ceiling - spent - reserved, 0) / nullif(ceiling, 0) AS ratio
    FROM budgets
    WHERE ceiling > 0 AND CASE scope
        WHEN 'batch' THEN key IN (SELECT id::text FROM batches WHERE state <> 'done')
        ELSE right(key, 7) = to_char(timezone('UTC', now()), 'YYYY-MM') END
    ORDER BY scope, ratio
""")
_REVIEW_OLDEST = sa.text("""
    SELECT extract(epoch FROM now() - min(flagged.at))
    FROM (SELECT batch_id FROM image_counts WHERE state = 'flagged' AND images > 0
          GROUP BY batch_id ORDER BY batch_id LIMIT :limit) AS pile
    CROSS JOIN LATERAL (SELECT id FROM images WHERE batch_id = pile.batch_id AND state = 'flagged'
                        ORDER BY id LIMIT 1) AS first
    CROSS JOIN LATERAL (SELECT at FROM events WHERE image_id = first.id AND new = 'flagged'
                        ORDER BY id DESC LIMIT 1) AS flagged
""")
_TROUBLES = sa.text(
    "SELECT kind AS name, count(*) AS value FROM troubles WHERE dismissed_at IS NULL GROUP BY kind"
)
