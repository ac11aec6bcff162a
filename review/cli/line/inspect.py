"""``sluice status``, ``images`` and ``doctor``: read-only commands."""

import time
from functools import partial
from itertools import islice

import click

from line.states import ImageState
from review.cli import complete
from review.cli.options import batch_argument, json_option
from review.cli.session import Session, pass_session


@click.command()
@click.argument("batch", type=int, required=False, shell_complete=complete.batches)
@click.option("--watch", is_flag=True, help="Refresh until the batch is done or halted.")
@json_option
@pass_session
def status(session: Session, batch: int | None, watch: bool, as_json: bool) -> None:
    """Show images per state, artifact rate, throughput, cost and breaker of BATCH, or list the newest batches."""
    from records.queries import reports
    from review.cli import console
    from review.cli.line.overview import print_troubles, show_overview
    from stack import connection

    if watch and batch is not None and not as_json:
        _watch(session, batch)
        return
    with connection.reader(lambda: session.settings) as reader:
        if batch is None:
            show_overview(reports.overview(reader), as_json)
            return
        report, waiting = reports.batch(reader, batch), reports.troubles(reader, batch)
    if as_json:
        console.as_json(report)
        return
    console.out.print(console.batch_table(report))
    print_troubles([trouble for trouble in waiting if trouble.kind.concerns_batches])


def _watch(session: Session, batch: int) -> None:
    from rich.live import Live

    from records.queries import reports
    from review.cli import console

    with session.line() as line:
        transact = line.database.transact
        report = transact(partial(reports.batch, batch_id=batch))
        with Live(console.batch_table(report), console=console.out, refresh_per_second=4) as live:
            while report["state"] not in ("done", "halted"):
                time.sleep(0.5)
                report = transact(partial(reports.batch, batch_id=batch))
                live.update(console.batch_table(report))


@click.command()
@batch_argument
@click.option(
    "--state", type=click.Choice([state.value for state in ImageState]), help="Only images in this state."
)
@click.option(
    "--after",
    type=int,
    default=0,
    metavar="ID",
    help="Only images with an id greater than this one.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Maximum number of images to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines on stdout.")
@pass_session
def images(
    session: Session, batch: int, state: str | None, after: int, limit: int | None, as_json: bool
) -> None:
    """List the images of BATCH: id, name, state and reason (with --json also the readings)."""
    from records import batches
    from records.queries import listings
    from review.cli import console

    with session.line() as reached, reached.database.engine.connect() as records:
        batches.get(records, batch)  # refuse an unknown one
        lines = islice(listings.image_lines(records, batch, state, after=after), limit)
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
@pass_session
def doctor(session: Session, as_json: bool) -> None:
    """List what this machine lacks and how to install it. Exit code 1 if the line cannot run."""
    from review.cli import console
    from review.cli.doctor import findings

    results = findings(session.settings)
    if as_json:
        console.as_json([finding.as_dict() for finding in results])
    else:
        cells = [
            (finding.what, finding.word, finding.detail, "" if finding.good else finding.mend)
            for finding in results
        ]
        console.rows("doctor", ("check", "state", "result", "what to do"), cells)
    if any(finding.needed and not finding.good for finding in results):
        raise click.exceptions.Exit(1)


COMMANDS = [status, images, doctor]
