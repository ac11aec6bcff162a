"""``sluice status``, ``images`` and ``doctor``: looking, changing nothing."""

import time
from typing import Any

import click
from rich.live import Live

from line.states import ImageState
from records import batches, upload_scan_state, workers
from records.database import engine, transact
from records.queries import reports
from review.cli import console
from review.cli.doctor import findings
from review.cli.line.submit import json_option
from stack import connection as reach


@click.command()
@click.argument("batch", type=int, required=False)
@click.option("--watch", is_flag=True, help="Keep showing until the batch is done or halted.")
@json_option
def status(batch: int | None, watch: bool, as_json: bool) -> None:
    """Counts by state, artifact rate, throughput, cost and breaker of BATCH, or of the newest batches."""
    with reach.records():
        if batch is None:
            _overview(as_json)
            return
        report = transact(lambda connection: reports.batch(connection, batch))
        if watch and not as_json:
            with Live(console.batch_table(report), console=console.out, refresh_per_second=4) as live:
                while report["state"] not in ("done", "halted"):
                    time.sleep(0.5)
                    report = transact(lambda connection: reports.batch(connection, batch))
                    live.update(console.batch_table(report))
            return
    if as_json:
        console.as_json(report)
    else:
        console.out.print(console.batch_table(report))


def _overview(as_json: bool) -> None:
    all_reports = transact(reports.all_batches)
    live = transact(workers.live)
    queues = transact(reports.queues)
    schedulers = transact(workers.schedulers)
    troubles = [
        f"{trouble['prefix']}: {trouble['trouble']}" for trouble in transact(upload_scan_state.troubles)
    ]
    troubles += transact(workers.troubles)
    if any(report["state"] in ("running", "probing") for report in all_reports):
        troubles += [] if schedulers else ["no scheduler is live: `sluice up`, or `python -m scheduler`"]
        troubles += [
            f"shards wait on {queue}, which no live worker serves" for queue in queues if queue not in live
        ]
    if as_json:
        found = {"batches": all_reports, "workers": live, "schedulers": schedulers, "queues": queues}
        console.as_json(found | {"troubles": troubles})
        return
    columns = ("batch", "upload", "recipe", "state", "delivered", "flagged", "artifacts", "cost")
    console.rows("batches", columns, [_line(report) for report in all_reports])
    if live:
        names = sorted({*live, *queues})
        counts = [(name, live.get(name, 0), *_queue(queues.get(name, {}))) for name in names]
        console.rows("queues", ("queue", "workers", "shards waiting", "shards working"), counts)
    for trouble in troubles:
        console.err.print(f"[red]{trouble}[/]")


def _queue(counts: dict[str, int]) -> tuple[int, int]:
    return counts.get("waiting", 0), counts.get("working", 0)


def _line(report: dict[str, Any]) -> list[Any]:
    states = report["by_state"]
    return [
        report["batch"],
        f"{report['vendor']}/{report['upload']}",
        report["recipe"],
        report["state"],
        f"{states['delivered']} of {report['images']}",
        states["flagged"],
        f"{report['artifact_rate']:.1%}",
        f"{report['cost']:.4f}",
    ]


@click.command()
@click.argument("batch", type=int)
@click.option("--state", type=click.Choice([state.value for state in ImageState]), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout.")
def images(batch: int, state: str | None, as_json: bool) -> None:
    """One line for each image of BATCH: id, name, state, reason (and readings with --json)."""
    with reach.records(), engine().connect() as connection:
        batches.get(connection, batch)  # refuse an unknown one
        lines = reports.image_lines(connection, batch, state)
        if as_json:
            for line in lines:
                console.as_json(line)
            return
        cells = (
            (line["id"], line["name"], line["state"], f"{line['reason']}\n{line['sentence']}".strip())
            for line in lines
        )
        console.rows(f"batch {batch}", ("id", "name", "state", "reason"), cells)


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """What is missing on this machine, and how to get it. Exit code 1 where the line cannot run."""
    found = findings()
    if as_json:
        console.as_json([finding.as_dict() for finding in found])
    else:
        cells = [
            (finding.what, finding.word, finding.detail, "" if finding.good else finding.mend)
            for finding in found
        ]
        console.rows("doctor", ("what", "state", "found", "how to mend it"), cells)
    if any(finding.needed and not finding.good for finding in found):
        raise click.exceptions.Exit(1)


COMMANDS = [status, images, doctor]
