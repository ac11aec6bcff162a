"""What ``sluice status`` shows without a batch: the newest batches, the queues, and what waits."""

from datetime import datetime
from functools import partial
from typing import Any

from records import troubles, workers
from records.database import transact
from records.queries import reports
from records.troubles import Trouble, TroubleKind
from review.cli import console

PATIENCE_SECONDS = 5.0
"""Maximum wait for a Postgres that is away: a person waits for the answer (s)."""

BATCH_COLUMNS = (
    "batch",
    "upload",
    "recipe",
    "state",
    "delivered",
    "flagged",
    "artifacts",
    "cost",
    "taken",
    "finished",
)


def overview(as_json: bool) -> None:
    """Print it.

    Raises:
        ServiceError: Postgres cannot be reached.
    """
    batches = transact(reports.all_batches, patience=PATIENCE_SECONDS)
    live, queues = transact(workers.live), transact(reports.queues)
    schedulers = transact(workers.schedulers)
    waiting = transact(partial(troubles.current, batch_id=None))
    others = transact(workers.troubles) + _missing_processes(batches, live, queues, schedulers)
    if as_json:
        sentences = [str(trouble) for trouble in waiting if trouble.kind is not TroubleKind.ARRIVING]
        console.as_json(
            {
                "batches": batches,
                "workers": live,
                "schedulers": schedulers,
                "queues": queues,
                "troubles": sentences + others,
                "waiting": [_as_dict(trouble) for trouble in waiting],
            }
        )
        return
    console.rows("batches", BATCH_COLUMNS, [_batch_line(report) for report in batches])
    if live:
        names = sorted({*live, *queues})
        counts = [(name, live.get(name, 0), *_queue(queues.get(name, {}))) for name in names]
        console.rows("queues", ("queue", "workers", "shards waiting", "shards working"), counts)
    print_troubles(waiting)
    for sentence in others:
        console.err.print(f"[red]{sentence}[/]", soft_wrap=True, highlight=False)


def print_troubles(waiting: list[Trouble]) -> None:
    """Print what waits on standard error: wrong in red, merely arriving without colour."""
    for trouble in waiting:
        since = f"since {short_time(trouble.since)}"
        if trouble.kind is TroubleKind.ARRIVING:
            console.err.print(f"arriving, {since}: {trouble}", soft_wrap=True, markup=False)
            continue
        times = (
            f", {trouble.times} times" if trouble.times > 1 and trouble.kind is not TroubleKind.INGEST else ""
        )
        console.err.print(
            f"{trouble.id}: {trouble} ({since}{times})", style="red", soft_wrap=True, markup=False
        )
    if any(trouble.kind is not TroubleKind.ARRIVING for trouble in waiting):
        console.err.print("[dim]`sluice dismiss NUMBER` hides one until something about it changes[/]")


def short_time(moment: datetime) -> str:
    """Date and minute in the time zone of this machine."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _missing_processes(
    batches: list[dict[str, Any]], live: dict[str, int], queues: dict[str, Any], schedulers: int
) -> list[str]:
    if not any(report["state"] in ("running", "probing") for report in batches):
        return []
    missing = [] if schedulers else ["no scheduler is live: `sluice up`, or `python -m scheduler`"]
    return missing + [
        f"shards wait on {queue}, which no live worker serves" for queue in queues if queue not in live
    ]


def _as_dict(trouble: Trouble) -> dict[str, Any]:
    return {
        "id": trouble.id,
        "kind": trouble.kind.value,
        "subject": trouble.subject,
        "sentence": trouble.sentence,
        "since": trouble.since.isoformat(),
        "seen_at": trouble.seen_at.isoformat(),
        "times": trouble.times,
        "batch": trouble.batch_id,
    }


def _queue(counts: dict[str, int]) -> tuple[int, int]:
    return counts.get("waiting", 0), counts.get("working", 0)


def _batch_line(report: dict[str, Any]) -> list[Any]:
    states = report["by_state"]
    return [
        report["batch"],
        f"{report['vendor']}/{report['upload']}",
        report["recipe"],
        report["state"],
        f"{states['delivered']} of {report['images']}",
        states["flagged"],
        f"{report['artifact_rate']:.1%}" if report["judged"] else "-",
        f"{report['cost']:.4f}",
        short_time(report["taken_at"]),
        short_time(report["finished_at"]) if report["finished_at"] else "",
    ]
