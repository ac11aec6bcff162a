"""``sluice status``, ``images`` and ``doctor``: looking, changing nothing."""

import time
from functools import partial

import click
from rich.live import Live

from line.states import ImageState
from records import batches, troubles
from records.database import engine, transact
from records.queries import reports
from review.cli import console
from review.cli.doctor import findings
from review.cli.line.overview import overview, print_troubles
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
            overview(as_json)
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
        return
    console.out.print(console.batch_table(report))
    with reach.records():
        waiting = transact(partial(troubles.current, batch_id=batch))
    print_troubles([trouble for trouble in waiting if trouble.kind.concerns_batches])


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
