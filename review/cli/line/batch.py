"""``sluice halt`` and ``sluice resume``: a batch's breaker by hand."""

import click

from line.errors import InputError
from review.cli.options import batch_argument


@click.command()
@batch_argument
@click.option("--reason", default="halted by a person", show_default=True, help="Kept with the batch.")
def halt(batch: int, reason: str) -> None:
    """Halt BATCH: what waits is held; what a worker is in the middle of ends its step."""
    from records import batches
    from records.database import transact
    from stack import connection as reach

    with reach.records():
        if not transact(lambda connection: batches.halt(connection, batch, reason), actor="person"):
            raise InputError(f"batch {batch} is not running: there is nothing to halt")
    click.echo(f"batch {batch} is halted; `sluice resume {batch}` goes on through a probe")


@click.command()
@batch_argument
def resume(batch: int) -> None:
    """Go on with a halted BATCH: a few images probe it, and only if they come back good do the rest follow."""
    from records.database import transact
    from scheduler.probe import resume as send_probe
    from stack import connection as reach

    with reach.records():
        images = transact(lambda connection: send_probe(connection, batch), actor="person")
    click.echo(
        f"batch {batch} is probed with {images} images; `sluice status {batch} --watch` shows how it goes"
    )


COMMANDS = [halt, resume]
