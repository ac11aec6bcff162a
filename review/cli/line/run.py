"""``sluice run``: the whole line on this machine for one upload."""

import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.states import SETTLED
from review.cli.options import json_option, recipe_option, upload_argument, vendor_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from tasks.context import Context

HALTED = 3

QUIET_SECONDS = 10.0
"""Quiet period of other uploads in the bucket while `sluice run` works: nobody copies slowly into it (s)."""


@click.command()
@upload_argument
@click.option(
    "--out",
    "-o",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the delivered pictures; made if it is missing.",
)
@recipe_option
@vendor_option
@json_option
@pass_session
def run(session: Session, upload: Path, out: Path, recipe: str, vendor: str, as_json: bool) -> None:
    """Process UPLOAD (a folder, .zip, .7z or .tar) on this machine and deliver the pictures to --out.

    Starts Postgres, Redis and workers if they do not run yet, and stops them at the end. The file manifest.jsonl
    beside the pictures has one line for every image, refused ones too. Ctrl-C stops a run; the same command
    continues it. Exit code 3 if the breaker halted the batch: `sluice status BATCH` says why.

    Example: sluice run photos/ --out out/
    """
    from review.cli import console
    from review.cli.line.follow import follow
    from review.cli.preflight import check_out
    from review.cli.upload import check_vendor, place
    from stack.connection import running
    from stack.local import Stack
    from tasks.context import Context

    Context(session.settings).recipe(recipe)  # refuse what cannot work before anything is started
    check_vendor(vendor)
    check_out(upload, out)
    signals: list[int] = []

    def interrupt(number: int, _: object) -> None:
        signals.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    started = time.monotonic()
    target = out.resolve().as_uri()
    if running(session.home):
        with session.line() as line:
            report = follow(line.database, place(line, upload, vendor, recipe, out=target), dict, signals)
    else:
        console.err.print("[dim]starting Postgres, Redis, the scheduler and the workers …[/]")
        with Stack(session.settings, quiet_seconds=QUIET_SECONDS) as stack, Context(stack.settings) as line:
            batch_id = place(line, upload, vendor, recipe, out=target)
            _name_other_batches(line, batch_id)
            report = follow(line.database, batch_id, stack.tend, signals)
    seconds = time.monotonic() - started
    settled = sum(report["by_state"][state.value] for state in SETTLED)
    report |= {"seconds": seconds, "images_per_second": settled / seconds}
    _tell(report, out, as_json)
    if report["state"] == "halted":
        raise click.exceptions.Exit(HALTED)


def _name_other_batches(line: "Context", batch_id: int) -> None:
    """Say that unfinished batches of earlier runs also use this machine."""
    from records import batches
    from review.cli import console

    for other in line.database.transact(batches.open_ones):
        if other.id != batch_id:
            console.err.print(
                f"[yellow]batch {other.id} ({other.vendor}/{other.upload}) of an earlier run goes on beside "
                f"this one[/]; `sluice halt {other.id}` holds it"
            )


def _tell(report: dict[str, Any], out: Path, as_json: bool) -> None:
    from review.cli import console

    if as_json:
        keys = ("batch", "state", "images", "by_state", "artifact_rate", "seconds", "images_per_second")
        console.as_json({key: report[key] for key in keys} | {"delivered": str(out.resolve())})
        sys.stdout.flush()
        return
    console.out.print(console.batch_table(report))
    console.out.print(f"delivered to [bold]{out.resolve()}[/], every image stands in manifest.jsonl there")
    batch = report["batch"]
    if report["by_state"]["flagged"]:
        console.out.print(
            f"look at what was flagged: [bold]{_called()} up[/] has a desk for it; a list: "
            f"[bold]{_called()} images {batch} --state flagged[/]",
            soft_wrap=True,
        )
    if report["state"] == "halted":
        more = " --budget AMOUNT" if report["halt_reason"].startswith("budget:") else ""
        console.out.print(
            f"[red]halted[/]: {report['halt_reason']}. Go on through a probe: {_called()} resume {batch}{more}",
            soft_wrap=True,
        )


def _called() -> str:
    """How this command was called, so that the next one finds the same state folder."""
    home = os.environ.get("SLUICE_HOME")
    name = "sluice" if shutil.which("sluice") else sys.argv[0]
    return f"SLUICE_HOME={shlex.quote(home)} {name}" if home else name


COMMANDS = [run]
