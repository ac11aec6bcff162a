"""The whole line as the desk's overview shows it; costs the same however many images there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from records.metrics import batch_minutes
from records.metrics.batch_minutes import Pace
from records.queries import reports, review_queue
from records.queries.heartbeat import STALE_SECONDS
from records.queries.reports import Overview, Progress
from records.queries.review_queue import BatchQueue
from records.queries.select import select

MAX_OPEN_BATCHES: Final = 20
"""Maximum number of open batches that are shown with pace and chart, the newest."""
MAX_WORKERS: Final = 200
"""Maximum number of workers that are shown, the live ones first."""
MAX_ACCOUNTS: Final = 50
"""Maximum number of budgets that are shown, the tightest first."""


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that is not done.

    Attributes:
        report: as ``sluice status`` has it.
        threshold: artifact rate above which the breaker of its recipe trips.
    """

    report: Mapping[str, Any]
    progress: Progress
    pace: Pace
    threshold: float

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at the present pace; None where nothing moves, or nothing is to be done."""
        is_open = self.report["state"] in ("running", "probing")
        rate = self.pace.advance_per_second
        return (self.progress.images - self.progress.advance) / rate if is_open and rate > 0 else None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker, or a scheduler, which has no queues; see :class:`records.workers.WorkerProcess`.

    Attributes:
        silent_seconds: since its last heartbeat.
        trouble: what it cannot do; empty where it can do all.
    """

    node: str
    queues: Sequence[str]
    device: str
    silent_seconds: float
    memory: int | None
    device_memory: int | None
    device_memory_total: int | None
    trouble: str

    @property
    def is_live(self) -> bool:
        return self.silent_seconds < STALE_SECONDS


@dataclass(frozen=True, slots=True)
class Account:
    """A budget that is paid from now; amounts in the currency of the topology file."""

    scope: str
    key: str
    ceiling: float
    spent: float
    reserved: float

    @property
    def left(self) -> float:
        return max(0.0, self.ceiling - self.spent - self.reserved)


@dataclass(frozen=True, slots=True)
class LineState:
    """One look at the whole line.

    Attributes:
        overview: what ``sluice status`` shows.
        open_batches: batches that are not done, the newest first.
        review: flagged images by batch and reason.
        oldest_waiting: seconds that the oldest shard of each queue has waited.
        proposed_templates: vendor templates that wait for a person.
    """

    overview: Overview
    open_batches: Sequence[OpenBatch]
    review: Sequence[BatchQueue]
    oldest_waiting: Mapping[str, float]
    workers: Sequence[WorkerState]
    accounts: Sequence[Account]
    proposed_templates: int


def take(connection: sa.Connection) -> LineState:
    """Read it in one transaction."""
    overview = reports.overview(connection)
    return LineState(
        overview=overview,
        open_batches=_open_batches(connection, overview),
        review=review_queue.batch_queues(connection),
        oldest_waiting={row.queue: float(row.seconds) for row in select(connection, _OLDEST_WAITING)},
        workers=[WorkerState(*row) for row in select(connection, _WORKERS, limit=MAX_WORKERS)],
        accounts=[
            Account(row.scope, row.key, float(row.ceiling), float(row.spent), float(row.reserved))
            for row in connection.execute(_ACCOUNTS, {"limit": MAX_ACCOUNTS})
        ],
        proposed_templates=int(connection.scalar(_PROPOSED) or 0),
    )


def _open_batches(connection: sa.Connection, overview: Overview) -> list[OpenBatch]:
    shown = [report for report in overview.batches if report["state"] != "done"][:MAX_OPEN_BATCHES]
    ids = [report["batch"] for report in shown]
    paces = batch_minutes.paces(connection, ids)
    thresholds = {row.id: float(row.threshold) for row in connection.execute(_THRESHOLDS, {"ids": ids})}
    progress = partial(reports.progress, connection)
    return [
        OpenBatch(report, progress(number), paces[number], thresholds[number])
        for number, report in zip(ids, shown, strict=True)
    ]


_THRESHOLDS: Final = sa.text("""
    SELECT batches.id, coalesce(CAST(body -> 'breaker' ->> 'threshold' AS float), 1) AS threshold
    FROM batches JOIN recipes ON recipes.digest = batches.recipe WHERE batches.id = ANY(:ids)
""")
_OLDEST_WAITING: Final = """
    SELECT queues[at + 1] AS queue, extract(epoch FROM now() - min(published_at)) AS seconds
    FROM shards WHERE state = 'open' AND lease_until IS NULL GROUP BY 1
"""
_WORKERS: Final = f"""
    SELECT node, queues, device, extract(epoch FROM now() - seen_at)::float AS silent_seconds, memory, device_memory,
           device_memory_total, trouble
    FROM workers ORDER BY seen_at < now() - interval '{STALE_SECONDS} seconds', cardinality(queues) = 0 DESC, node
    LIMIT %(limit)s
"""
_ACCOUNTS: Final = sa.text("""
    SELECT scope, key, ceiling, spent, reserved FROM budgets
    WHERE CASE scope WHEN 'batch' THEN key IN (SELECT id::text FROM batches WHERE state <> 'done')
                     ELSE right(key, 7) = to_char(timezone('UTC', now()), 'YYYY-MM') END
    ORDER BY (ceiling - spent - reserved) / nullif(ceiling, 0) NULLS FIRST LIMIT :limit
""")
_PROPOSED: Final = sa.text("SELECT count(*) FROM templates WHERE state = 'proposed'")
