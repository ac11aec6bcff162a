"""``sluice halt`` and ``sluice resume``: halting and resuming a batch by hand."""

from functools import partial
from typing import TYPE_CHECKING

import click

from line.errors import InputError
from review.cli.options import batch_argument
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    import sqlalchemy as sa


@click.command()
@batch_argument
@click.option("--reason", default="halted by a person", show_default=True, help="Recorded with the batch.")
@pass_session
def halt(session: Session, batch: int, reason: str) -> None:
    """Halt BATCH: workers finish their current step, and waiting images are held."""
    from records import batches

    def act(connection: "sa.Connection") -> bool:
        return batches.halt(connection, batch, reason)

    with session.line() as line:
        if not line.database.transact(act, actor=current_actor()):
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
@click.option(
    "--as",
    "digest",
    metavar="DIGEST",
    help="Go on with the recipe that `sluice triage` proposed, by the first characters of its digest.",
)
@pass_session
def resume(session: Session, batch: int, budget: float | None, digest: str | None) -> None:
    """Resume a halted BATCH: a few test images go first, and the rest follow only if those are good.

    A batch that its budget halted needs a larger one: --budget 12, or the limits in sluice.toml.
    With --as, images that went through a step that the other recipe changes go back to before it.
    """
    from records.budget import ledger
    from scheduler.probe import resume as send_probe
    from scheduler.probe import roll_forward

    person = current_actor()
    with session.line() as line:
        transact = line.database.transact
        if budget is not None:
            raised = partial(ledger.set_by_hand, batch_id=batch, ceiling=budget, person=person)
            transact(raised, actor=person)
        roll = partial(roll_forward, prefix=digest, person=person) if digest else send_probe
        images = transact(lambda connection: roll(connection, batch_id=batch), actor=person)
    if digest and not images:
        click.echo(
            f"batch {batch} goes on with that recipe: sluice requeue --flagged {batch} for what stopped"
        )
        return
    click.echo(
        f"batch {batch} is tested with {images} images; `sluice status {batch} --watch` shows the progress"
    )


COMMANDS = [halt, resume]
