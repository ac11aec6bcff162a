"""What ``sluice status`` shows without a batch: the newest batches, the queues, and what waits."""

from datetime import datetime
from typing import Any

from line.trouble import Trouble, TroubleKind
from records.queries.reports import Overview
from review.cli import console

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


def show_overview(overview: Overview, as_json: bool) -> None:
    """Print it."""
    others = overview.unable + overview.missing
    if as_json:
        sentences = [str(trouble) for trouble in overview.waiting if trouble.kind is not TroubleKind.ARRIVING]
        console.as_json(
            {
                "batches": overview.batches,
                "workers": overview.workers,
                "schedulers": overview.schedulers,
                "queues": overview.queues,
                "troubles": sentences + others,
                "waiting": [_as_dict(trouble) for trouble in overview.waiting],
            }
        )
        return
    console.rows("batches", BATCH_COLUMNS, [_batch_line(report) for report in overview.batches])
    if overview.workers:
        names = sorted({*overview.workers, *overview.queues})
        counts = [
            (name, overview.workers.get(name, 0), *_queue(overview.queues.get(name, {}))) for name in names
        ]
        console.rows("queues", ("queue", "workers", "shards waiting", "shards working"), counts)
    print_troubles(overview.waiting)
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
