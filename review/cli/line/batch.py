"""``sluice halt`` and ``sluice resume``: halting and resuming a batch by hand."""

import getpass
from functools import partial

import click

from line.errors import InputError
from review.cli.options import batch_argument


@click.command()
@batch_argument
@click.option("--reason", default="halted by a person", show_default=True, help="Recorded with the batch.")
def halt(batch: int, reason: str) -> None:
    """Halt BATCH: workers finish their current step, and waiting images are held."""
    from records import batches
    from records.database import transact
    from stack import connection as reach

    with reach.records():
        if not transact(
            lambda connection: batches.halt(connection, batch, reason), actor=f"person:{getpass.getuser()}"
        ):
            raise InputError(f"batch {batch} is not running, so it cannot be halted")
    click.echo(f"batch {batch} is halted; `sluice resume {batch}` continues, a few test images first")


@click.command()
@batch_argument
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    metavar="AMOUNT",
    help="What the whole batch may cost from now on, in the currency of sluice.toml.",
)
def resume(batch: int, budget: float | None) -> None:
    """Resume a halted BATCH: a few test images go first, and the rest follow only if those are good.

    A batch that its budget halted needs a larger one: --budget 12, or the limits in sluice.toml.
    """
    from records.budget import ledger
    from records.database import transact
    from scheduler.probe import resume as send_probe
    from stack import connection as reach

    person = f"person:{getpass.getuser()}"
    with reach.records():
        if budget is not None:
            raised = partial(ledger.set_by_hand, batch_id=batch, ceiling=budget, person=person)
            transact(raised, actor=person)
        images = transact(lambda connection: send_probe(connection, batch), actor=person)
    click.echo(
        f"batch {batch} is tested with {images} images; `sluice status {batch} --watch` shows the progress"
    )


COMMANDS = [halt, resume]
