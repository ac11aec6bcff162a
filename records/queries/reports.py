"""What people and programs read of whole batches: counts, rates, progress, queues, health. Nothing here writes.

Every query reads counters that the records keep, so that none depends on how many images there are. They are plain SQL
and take a connection of SQLAlchemy as well as one of psycopg alone: importing SQLAlchemy takes longer than the rest of
``sluice status``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from line.breaker import BREAKER_OF, Breaker
from line.errors import InputError
from line.states import SETTLED, BatchState, ImageState
from line.trouble import Trouble, TroubleKind
from records.queries import budgets
from records.queries.heartbeat import STALE_SECONDS
from records.queries.select import Connection, select

NEWEST = 50
"""Batches that the overview lists."""


def batch(connection: "Connection", batch_id: int) -> dict[str, Any]:
    """One batch: state, counts by state, artifact rate, throughput, cost by step, budget, breaker.

    Raises:
        InputError: there is none of that id.
    """
    reports = _reports(connection, "batches.id = %(chosen)s", chosen=batch_id)
    if not reports:
        raise _unknown(connection, batch_id)
    return reports[0] | budgets.of_batch(connection, batch_id)


def all_batches(connection: "Connection", limit: int = NEWEST) -> list[dict[str, Any]]:
    """The newest batches, newest first."""
    newest = "batches.id IN (SELECT id FROM batches ORDER BY id DESC LIMIT %(chosen)s)"
    return _reports(connection, newest, chosen=limit)


def page(connection: "Connection", before: int, limit: int) -> list[dict[str, Any]]:
    """Batches whose ids are less than ``before``, newest first."""
    older = "batches.id IN (SELECT id FROM batches WHERE id < %(before)s ORDER BY id DESC LIMIT %(limit)s)"
    return _reports(connection, older, before=before, limit=limit)


def _reports(connection: "Connection", condition: str, **parameters: int) -> list[dict[str, Any]]:
    rows = select(
        connection,
        "SELECT batches.*, recipes.name AS recipe_name FROM batches"
        f" JOIN recipes ON recipes.digest = batches.recipe WHERE {condition} ORDER BY batches.id DESC",
        **parameters,
    )
    counts: dict[int, list[Any]] = {row.id: [] for row in rows}
    for line in _counts_by_state(connection, list(counts)):
        counts[line.batch_id].append(line)
    return [_report(row, counts[row.id]) for row in rows]


def _counts_by_state(connection: "Connection", batch_ids: Sequence[int]) -> list[Any]:
    return select(
        connection,
        "SELECT batch_id, state::text AS state, sum(images)::bigint AS images, sum(positions)::bigint AS positions,"
        " sum(judged)::bigint AS judged, sum(artifacts)::bigint AS artifacts"
        " FROM image_counts WHERE batch_id = ANY(%(batches)s) AND images > 0 GROUP BY batch_id, state",
        batches=list(batch_ids),
    )


def _report(row: Any, counts: Sequence[Any]) -> dict[str, Any]:
    by_state = dict.fromkeys((state.value for state in ImageState), 0)
    by_state |= {line.state: line.images for line in counts}
    judged, artifacts = (sum(getattr(line, name) for line in counts) for name in ("judged", "artifacts"))
    until = row.finished_at or row.worked_at
    seconds = (until - row.created_at).total_seconds() if until else 0.0
    settled = sum(by_state[state.value] for state in SETTLED)
    return {
        "batch": row.id,
        "vendor": row.vendor,
        "upload": row.upload,
        "recipe": row.recipe_name,
        "state": str(row.state),
        "breaker": _breaker(row).value,
        "halt_reason": row.halt_reason,
        "watermark_rights": row.watermark_rights,
        "taken_at": row.created_at,
        "finished_at": row.finished_at,
        "images": row.images,
        "other_files": row.other_files,
        "by_state": by_state,
        "artifact_rate": artifacts / judged if judged else 0.0,
        "judged": judged,
        "artifacts": artifacts,
        "seconds": seconds,
        "images_per_second": settled / seconds if seconds > 0 else 0.0,
        "cost": row.cost,
        "delivered": row.out,
    }


def _breaker(row: Any) -> Breaker:
    """The breaker of a batch; a batch that a person halted, or that cannot be planned, was not tripped by it."""
    by_hand = row.halted_at_step is None and not row.halt_reason.startswith("probe:")
    return Breaker.CLOSED if row.state == BatchState.HALTED and by_hand else BREAKER_OF[BatchState(row.state)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    Attributes:
        images: of the batch.
        counts: images by state, those states only in which there are some.
        advance: images settled, and of the others the share of the recipe's steps behind them, also within a shard.
        is_over: nothing more happens by itself.
    """

    images: int
    counts: Mapping[str, int]
    advance: float
    is_over: bool


def progress(connection: "Connection", batch_id: int) -> Progress:
    """The cheap query behind a progress bar.

    Raises:
        InputError: there is no batch of that id.
    """
    rows = select(
        connection,
        "SELECT batches.images, batches.state::text AS state, batches.manifest_due,"
        " jsonb_array_length(recipes.body -> 'steps') AS steps,"
        " (SELECT coalesce(sum(images_done), 0) FROM shards WHERE batch_id = batches.id AND state = 'open') AS done"
        " FROM batches"
        " JOIN recipes ON recipes.digest = batches.recipe WHERE batches.id = %(batch)s",
        batch=batch_id,
    )
    if not rows:
        raise _unknown(connection, batch_id)
    (row,) = rows
    counts, advance = {}, float(row.done) / row.steps
    for line in _counts_by_state(connection, [batch_id]):
        counts[str(line.state)] = int(line.images)
        advance += line.images if line.state in SETTLED else line.positions / row.steps
    is_halted = row.state == BatchState.HALTED and ImageState.WORKING not in counts
    is_done = row.state == BatchState.DONE and not row.manifest_due
    return Progress(row.images, counts, min(advance, float(row.images)), is_halted or is_done)


def queues(connection: "Connection") -> dict[str, dict[str, int]]:
    """For each queue with open shards: how many wait and how many are worked on."""
    rows = select(
        connection,
        "SELECT queues[at + 1] AS queue, count(*) FILTER (WHERE lease_until IS NULL) AS waiting,"
        " count(*) FILTER (WHERE lease_until IS NOT NULL) AS working"
        " FROM shards WHERE state = 'open' GROUP BY 1",
    )
    return {row.queue: {"waiting": row.waiting, "working": row.working} for row in rows}


def is_idle(connection: "Connection") -> bool:
    """Whether no batch has anything left to do by itself."""
    return not _is_any(connection, _OPEN_BATCH)


_OPEN_BATCH = "FROM batches WHERE state IN ('running', 'probing') OR manifest_due"


@dataclass(frozen=True, slots=True)
class Overview:
    """What ``sluice status`` shows.

    Attributes:
        batches: reports of the newest ones.
        workers: live ones by queue.
        schedulers: live ones.
        queues: open shards of each, ``waiting`` and ``working``.
        waiting: troubles that nobody dismissed.
        unable: what live workers and schedulers cannot do.
    """

    batches: list[dict[str, Any]]
    workers: dict[str, int]
    schedulers: int
    queues: dict[str, dict[str, int]]
    waiting: list[Trouble]
    unable: list[str]

    @property
    def missing(self) -> list[str]:
        """A sentence about each kind of process that open batches need and that is not live."""
        if not any(report["state"] in ("running", "probing") for report in self.batches):
            return []
        missing = [] if self.schedulers else ["no scheduler is live: `sluice up`, or `python -m scheduler`"]
        return missing + [
            f"shards wait on {queue}, which no live worker serves"
            for queue in self.queues
            if queue not in self.workers
        ]


def overview(connection: "Connection") -> Overview:
    """The state of the whole line; costs the same however many images and batches there are."""
    recent = f"seen_at > now() - interval '{STALE_SECONDS} seconds'"
    workers = select(
        connection,
        f"SELECT queue, count(*) AS workers FROM workers, unnest(queues) AS queue WHERE {recent} GROUP BY 1",
    )
    schedulers = select(
        connection, f"SELECT count(*) AS live FROM workers WHERE {recent} AND cardinality(queues) = 0"
    )
    unable = select(
        connection,
        f"SELECT node || ': ' || trouble AS sentence FROM workers WHERE {recent} AND trouble <> '' ORDER BY node",
    )
    return Overview(
        batches=all_batches(connection),
        workers={row.queue: row.workers for row in workers},
        schedulers=schedulers[0].live,
        queues=queues(connection),
        waiting=troubles(connection),
        unable=[row.sentence for row in unable],
    )


def troubles(connection: "Connection", batch_id: int | None = None) -> list[Trouble]:
    """The troubles that nobody dismissed, oldest first; of one batch and of none where it is named."""
    rows = select(
        connection,
        "SELECT * FROM troubles WHERE dismissed_at IS NULL"
        " AND (%(batch)s::bigint IS NULL OR batch_id IS NULL OR batch_id = %(batch)s) ORDER BY since, id",
        batch=batch_id,
    )
    return [
        Trouble(
            id=row.id,
            kind=TroubleKind(row.kind),
            subject=row.subject,
            sentence=row.sentence,
            since=row.since,
            seen_at=row.seen_at,
            times=row.times,
            batch_id=row.batch_id,
        )
        for row in rows
    ]


def _is_any(connection: "Connection", source: str) -> bool:
    return bool(select(connection, f"SELECT EXISTS (SELECT {source}) AS found")[0].found)


def _unknown(connection: "Connection", batch_id: int) -> InputError:
    rows = select(connection, "SELECT * FROM forgotten_batches WHERE id = %(batch)s", batch=batch_id)
    if not rows:
        return InputError(f"there is no batch {batch_id}; `sluice status` lists them")
    (row,) = rows
    return InputError(
        f"batch {batch_id} ({row.vendor}/{row.upload}) was forgotten on {row.forgotten_at:%Y-%m-%d}; what it delivered "
        f"and its manifest lie in {row.delivered}"
    )
