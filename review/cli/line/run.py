"""``sluice run``: the whole line on this machine for one upload."""

import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from line.errors import ServiceError
from line.states import SETTLED
from records import batches
from records.database import transact
from records.queries import reports
from review.cli import console
from review.cli.line.submit import json_option, recipe_option, upload_argument, vendor_option
from stack import connection as reach

HALTED = 3


@click.command()
@upload_argument
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to deliver."
)
@recipe_option
@vendor_option
@json_option
def run(upload: Path, out: Path, recipe: str, vendor: str, as_json: bool) -> None:
    """Take UPLOAD (a folder or a zip) through the whole line and deliver to --out.

    Starts what it needs and stops it again. Beside the pictures lies manifest.jsonl: one line for
    every image, refused ones too. A run that was stopped goes on where it was when called again.
    """
    from review.cli.upload import place
    from stack.local import Stack
    from tasks.recipes import load

    load(recipe)  # refuse a bad recipe before anything is started
    asked: list[int] = []

    def interrupt(number: int, _: object) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    started = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    if reach.running():
        with reach.records():
            report = _follow(place(upload, vendor, recipe, out=out.resolve().as_uri()), lambda: None, asked)
    else:
        console.err.print("[dim]starting Postgres, Redis, the scheduler and the workers …[/]")
        with Stack() as stack:
            batch_id = place(upload, vendor, recipe, out=out.resolve().as_uri())
            _tell_of_others(batch_id)
            report = _follow(batch_id, stack.tend, asked)
    seconds = time.monotonic() - started
    settled = sum(report["by_state"][state.value] for state in SETTLED)
    report |= {"seconds": seconds, "images_per_second": settled / seconds}
    _tell(report, out, as_json)
    if report["state"] == "halted":
        raise click.exceptions.Exit(HALTED)


def _tell_of_others(batch_id: int) -> None:
    """An earlier run that was stopped is gone on with too: whoever wonders where his cores are is told."""
    for other in transact(batches.open_ones):
        if other.id != batch_id:
            console.err.print(
                f"[yellow]batch {other.id} ({other.vendor}/{other.upload}) of an earlier run goes on beside "
                f"this one[/]; `sluice halt {other.id}` holds it"
            )


def _follow(batch_id: int, tend: Callable[[], None], asked: Sequence[int]) -> dict[str, Any]:
    """Show progress until the batch is done or halted and its manifest written; answers its report.

    Raises:
        KeyboardInterrupt: a signal was ``asked`` for, also one whose own exception was lost: Python drops
            what is raised while a destructor or a weak reference's callback runs.
    """
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[settled]}/{task.fields[images]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=console.err, transient=True) as progress:
        bar = progress.add_task(f"batch {batch_id}", total=None, settled=0, images="?", said="")
        while True:
            if asked:
                raise KeyboardInterrupt
            tend()
            if (now := _now(batch_id)) is not None:
                settled = sum(now.counts.get(state.value, 0) for state in SETTLED)
                said = ", ".join(
                    f"{now.counts[state.value]} {state}" for state in SETTLED if state in now.counts
                )
                progress.update(
                    bar,
                    total=now.images,
                    completed=now.advance,
                    settled=settled,
                    images=now.images,
                    said=said,
                )
                if now.is_over:
                    break
            time.sleep(0.2)
    return transact(lambda connection: reports.batch(connection, batch_id))


def _now(batch_id: int) -> reports.Progress | None:
    """How far the batch is, or None while Postgres is away: it is tended in this very loop."""
    try:
        return transact(lambda connection: reports.progress(connection, batch_id), patience=0)
    except ServiceError:
        return None


def _tell(report: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        keys = ("batch", "state", "images", "by_state", "artifact_rate", "seconds", "images_per_second")
        console.as_json({key: report[key] for key in keys} | {"delivered": str(out.resolve())})
        sys.stdout.flush()
        return
    console.out.print(console.batch_table(report))
    console.out.print(f"delivered to [bold]{out.resolve()}[/], every image told in manifest.jsonl there")
    batch = report["batch"]
    if report["by_state"]["flagged"]:
        console.out.print(
            f"look at what was flagged: [bold]{_called()} up[/] has a desk for it; a list: "
            f"[bold]{_called()} images {batch} --state flagged[/]",
            soft_wrap=True,
        )
    if report["state"] == "halted":
        console.out.print(
            f"[red]halted[/]: {report['halt_reason']}. Go on through a probe: {_called()} resume {batch}",
            soft_wrap=True,
        )


def _called() -> str:
    """How this command was called, so that the next one finds the same state folder."""
    home = os.environ.get("SLUICE_HOME")
    name = "sluice" if shutil.which("sluice") else sys.argv[0]
    return f"SLUICE_HOME={shlex.quote(home)} {name}" if home else name


COMMANDS = [run]
