"""``sluice accept``, ``reject``, ``requeue``, ``rollback`` and ``undo``: a person's decisions."""

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from line.errors import InputError
from review.cli import complete
from review.cli.options import json_option
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from records.history.undo import Undone
    from scheduler.decide import Decisions
    from tasks.context import Context

images_argument = click.argument(
    "images", type=int, nargs=-1, metavar="IMAGE…", shell_complete=complete.flagged_images
)


@click.command()
@images_argument
@pass_session
def accept(session: Session, images: tuple[int, ...]) -> None:
    """Accept flagged IMAGEs: the flagged result is used and continues to the next step.

    If no edit was made yet (is this text an overlay?), the picture continues unchanged.
    `sluice images BATCH --state flagged` lists the ids.
    """
    numbers = _named(images)
    with session.line() as line:
        each("image", numbers, _decisions(line).accept, "accepted")


@click.command()
@images_argument
@pass_session
def reject(session: Session, images: tuple[int, ...]) -> None:
    """Discard IMAGEs; a file that was already delivered is deleted."""
    numbers = _named(images)
    with session.line() as line:
        each("image", numbers, _decisions(line).reject, "discarded")


@click.command()
@images_argument
@click.option(
    "--recipe",
    "-r",
    shell_complete=complete.recipes,
    help="Start again from the original with this recipe.",
)
@click.option(
    "--mask",
    help="A picture, white where to erase; or `found`: erase all text that was found; "
    "or `sure`: erase what is certainly an overlay, keep uncertain text.",
)
@click.option(
    "--flagged",
    type=int,
    metavar="BATCH",
    shell_complete=complete.batches,
    help="All flagged images of a batch.",
)
@click.option(
    "--template",
    type=int,
    metavar="ID",
    shell_complete=complete.templates,
    help="All flagged and delivered images of the vendor that still have this confirmed template.",
)
@click.option(
    "--look",
    is_flag=True,
    help="Flag each result (`ordered_result`) instead of passing it on, so that a person sees it first.",
)
@pass_session
def requeue(
    session: Session,
    images: tuple[int, ...],
    recipe: str | None,
    mask: str | None,
    flagged: int | None,
    template: int | None,
    look: bool,
) -> None:
    """Process IMAGEs again from the step at which they stopped.

    Images that stopped at the removal of text are searched for text again, with all templates confirmed by now,
    unless a person drew the mask. Delivered images start again from the original, and their files are deleted
    until they are delivered again. With --mask or --look the edit never counts for the batch's breaker.

    Example: sluice templates confirm 3 && sluice requeue --template 3
    """
    from records.decisions import SPOKEN

    if mask and mask not in SPOKEN and not Path(mask).is_file():
        raise InputError(f"--mask {mask}: there is no such file")
    with session.line() as line:
        decisions = _decisions(line)
        named = [*images, *(decisions.flagged(flagged) if flagged is not None else [])]
        if not named and template is None:
            raise click.UsageError("name at least one IMAGE, --flagged BATCH or --template ID")
        bearing = _with_template(line, template, set(named)) if template is not None else ()
        again = partial(decisions.requeue, recipe=recipe, mask=mask, look=look)
        each("image", chain(named, bearing), again, "requeued")


@click.command()
@click.argument("image", type=int, shell_complete=complete.images)
@click.option(
    "--to",
    "step",
    required=True,
    metavar="STEP",
    shell_complete=complete.steps,
    help="Restore the image as it was before this step.",
)
@pass_session
def rollback(session: Session, image: int, step: str) -> None:
    """Restore IMAGE as it was before STEP and flag it; then accept or requeue it."""
    with session.line() as line:
        decisions = _decisions(line)
        each(
            "image",
            [image],
            lambda image, actor: decisions.rollback(image, step, actor),
            f"restored to before {step}",
        )


@click.command()
@images_argument
@click.option("--list", "listing", is_flag=True, help="List your last 50 decisions instead.")
@json_option
@pass_session
def undo(session: Session, images: tuple[int, ...], listing: bool, as_json: bool) -> None:
    """Undo your last decision, or the last decision about each IMAGE; repeat it to undo the one before.

    The image returns to its state before the decision (accept, reject, requeue or rollback). A file that was delivered
    since is deleted; one that was deleted is delivered again. An image that a worker is processing returns when the
    worker has finished.

    Example: sluice undo --list
    """
    with session.line() as line:
        actor = current_actor()
        if listing:
            _list_decisions(line, actor, as_json)
        elif images:
            each("image", images, lambda image, by: _undone(_decisions(line).undo(image, by), as_json), "")
        else:
            _undone(_decisions(line).undo_last(actor), as_json)


def _undone(undone: "Undone", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(undone)))
        return
    later = ", as soon as its worker is done" if undone.is_pending else ""
    more = f" and {len(undone.others)} more images" if undone.others else ""
    click.echo(f"image {undone.image}{more}: {undone.kind} undone{later}")


def _list_decisions(line: "Context", actor: str, as_json: bool) -> None:
    from records.history import decision_log

    decisions = line.database.transact(partial(decision_log.newest, actor=actor))
    if as_json:
        click.echo(json.dumps([asdict(decision) for decision in decisions], default=str))
        return
    for decision in decisions:
        undone = " (undone)" if decision.undo_by else ""
        more = f" and {decision.images - 1} more images" if decision.images > 1 else ""
        click.echo(
            f"{decision.at:%Y-%m-%d %H:%M} image {decision.image} {decision.name}{more}: {decision.kind}{undone}"
        )


def _decisions(line: "Context") -> "Decisions":
    from scheduler.decide import Decisions

    return Decisions(line)


def _with_template(line: "Context", template: int, named: Collection[int]) -> Iterator[int]:
    """Ids of the images that still have the template, as they are found, without ``named``; shows a progress bar."""
    from rich.progress import Progress

    from review.cli import console
    from tasks.templates.rescan import looked_at

    at_most, looks = looked_at(line, template)
    count = with_template = 0
    # lines for a terminal go above the bar; those for a pipe stay on stdout
    with Progress(console=console.err, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        for look in progress.track(looks, total=at_most, description="searching"):
            count += 1
            if look.trouble:
                click.echo(f"sluice: image {look.image} cannot be searched: {look.trouble}", err=True)
            elif look.bears:
                with_template += 1
                if look.image not in named:
                    yield look.image
    click.echo(f"template {template} is still on {with_template} of {count} images", err=True)


def _named(images: tuple[int, ...]) -> list[int]:
    if not images:
        raise click.UsageError("name at least one IMAGE; `sluice images BATCH` lists them")
    return list(images)


def each(what: str, ids: Iterable[int], act: Callable[[int, str], object], word: str) -> None:
    """Decide about each id in the name of the current user; print an error for each that is refused and continue.

    Args:
        what: "image" or "template".
        act: takes an id and the person; raises InputError if the decision is refused.
        word: outcome to print; empty where ``act`` prints it.
    """
    actor, refused = current_actor(), 0
    for number in ids:
        try:
            act(number, actor)
        except InputError as error:
            refused += 1
            click.echo(f"sluice: {error}", err=True)
        else:
            if word:
                click.echo(f"{what} {number}: {word}")
    if refused:
        raise click.exceptions.Exit(2)


COMMANDS = [accept, reject, requeue, rollback, undo]
