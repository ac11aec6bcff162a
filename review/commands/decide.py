"""``sluice accept``, ``reject``, ``requeue`` and ``rollback``: what a person decides."""

import getpass
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from line.errors import InputError
from records.decisions import SPOKEN
from review import reach

images_argument = click.argument("images", type=int, nargs=-1, metavar="IMAGE…")


@click.command()
@images_argument
def accept(images: tuple[int, ...]) -> None:
    """Find flagged IMAGEs good as they stand: the flagged result is taken up and goes on.

    Where the line only asked (is this text an overlay?), the picture goes on unedited. Ids are in
    `sluice images BATCH --state flagged`.
    """
    from scheduler import decide

    each("image", _named(images), decide.accept, "accepted")


@click.command()
@images_argument
def reject(images: tuple[int, ...]) -> None:
    """Decide against IMAGEs: they are discarded, a delivered file is withdrawn."""
    from scheduler import decide

    each("image", _named(images), decide.reject, "discarded")


@click.command()
@images_argument
@click.option("--recipe", "-r", help="Start again from the original with another recipe.")
@click.option(
    "--mask",
    help="A picture, white where to erase; or `found`: all that the line took for overlay, doubtful or not; "
    "or `sure`: what is doubtful is print and stays, the rest goes.",
)
@click.option("--flagged", type=int, metavar="BATCH", help="All flagged images of a batch.")
def requeue(images: tuple[int, ...], recipe: str | None, mask: str | None, flagged: int | None) -> None:
    """Send IMAGEs round again from the step at which they stopped.

    Those that stopped where text is taken off are searched for text anew, so that templates confirmed meanwhile
    count, unless a person drew the mask.
    """
    from scheduler import decide

    if mask and mask not in SPOKEN and not Path(mask).is_file():
        raise InputError(f"--mask {mask}: there is no such file")
    with reach.records():
        ids = [*images, *(decide.flagged(flagged) if flagged is not None else [])]
        if not ids:
            raise click.UsageError("name at least one IMAGE, or --flagged BATCH")
        again = partial(decide.requeue, recipe=recipe, mask=mask)
        each("image", ids, again, "requeued")


@click.command()
@click.argument("image", type=int)
@click.option("--to", "step", required=True, metavar="STEP", help="The step before which to stand again.")
def rollback(image: int, step: str) -> None:
    """Put IMAGE back to what it was before STEP; it is then flagged: accept or requeue it."""
    from scheduler import decide

    each("image", [image], lambda image, actor: decide.rollback(image, step, actor), f"back to before {step}")


def _named(images: tuple[int, ...]) -> list[int]:
    if not images:
        raise click.UsageError("name at least one IMAGE; `sluice images BATCH` lists them")
    return list(images)


def each(what: str, ids: Sequence[int], act: Callable[[int, str], object], word: str) -> None:
    """Decide about each as the person at the command; one that cannot be decided is told, its neighbours go on.

    Args:
        what: an image or a template.
        act: takes an id and who decides; raises InputError where that cannot be.
        word: what became of it.
    """
    actor, refused = f"person:{getpass.getuser()}", 0
    with reach.records():
        for number in ids:
            try:
                act(number, actor)
            except InputError as error:
                refused += 1
                click.echo(f"sluice: {error}", err=True)
            else:
                click.echo(f"{what} {number}: {word}")
    if refused:
        raise click.exceptions.Exit(2)


COMMANDS = [accept, reject, requeue, rollback]
