"""``sluice report``: one HTML file about a batch."""

from functools import partial
from pathlib import Path

import click

from review.cli.options import batch_argument, json_option
from review.cli.session import Session, pass_session


@click.command()
@batch_argument
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="HTML file to write; replaced if it exists.",
)
@json_option
@pass_session
def report(session: Session, batch: int, out: Path | None, as_json: bool) -> None:
    """Write a report of BATCH: throughput, artifacts by step and reason, cost, people's time, worst pictures.

    The report is one file that needs no network. It compares the batch with the last finished one of its vendor, or
    else of its recipe. --json prints the figures.
    """
    from review.cli import console
    from review.report.figures import figures
    from review.report.page import page

    if out is None and not as_json:
        raise click.UsageError("give --out FILE.html, or --json")
    with session.line() as line:
        document = line.database.transact(partial(figures, batch_id=batch))
        if out is not None:
            out.write_text(page(document, line.bucket), "utf-8")
            click.echo(f"report of batch {batch}: {out}", err=True)
    if as_json:
        console.as_json(document)


COMMANDS = [report]
