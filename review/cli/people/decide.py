"""``sluice accept``, ``reject``, ``requeue`` and ``rollback``: what a person decides."""

import getpass
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from line.errors import InputError
from review.cli import complete

images_argument = click.argument(
    "images", type=int, nargs=-1, metavar="IMAGE…", shell_complete=complete.flagged_images
)


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
@click.option(
    "--recipe",
    "-r",
    shell_complete=complete.recipes,
    help="Start again from the original with another recipe.",
)
@click.option(
    "--mask",
    help="A picture, white where to erase; or `found`: all that the line took for overlay, doubtful or not; "
    "or `sure`: what is doubtful is print and stays, the rest goes.",
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
    help="All flagged and delivered images of its vendor that still bear a confirmed template.",
)
def requeue(
    images: tuple[int, ...], recipe: str | None, mask: str | None, flagged: int | None, template: int | None
) -> None:
    """Send IMAGEs round again from the step at which they stopped.

    Those that stopped where text is taken off are searched for text anew, so that templates confirmed meanwhile
    count, unless a person drew the mask. Delivered ones start again from the original, and their files are
    withdrawn until they are delivered again.

    Example: sluice templates confirm 3 && sluice requeue --template 3
    """
    from records.decisions import SPOKEN
    from scheduler import decide
    from stack import connection

    if mask and mask not in SPOKEN and not Path(mask).is_file():
        raise InputError(f"--mask {mask}: there is no such file")
    with connection.records():
        ids = [*images, *(decide.flagged(flagged) if flagged is not None else [])]
        if template is not None:
            ids += [image for image in _bearing(template) if image not in ids]
            if not ids:
                return
        if not ids:
            raise click.UsageError("name at least one IMAGE, --flagged BATCH or --template ID")
        again = partial(decide.requeue, recipe=recipe, mask=mask)
        each("image", ids, again, "requeued")


@click.command()
@click.argument("image", type=int)
@click.option(
    "--to",
    "step",
    required=True,
    metavar="STEP",
    shell_complete=complete.steps,
    help="The step before which to stand again.",
)
def rollback(image: int, step: str) -> None:
    """Put IMAGE back to what it was before STEP; it is then flagged: accept or requeue it."""
    from scheduler import decide

    each("image", [image], lambda image, actor: decide.rollback(image, step, actor), f"back to before {step}")


def _bearing(template: int) -> list[int]:
    """Images on which a template still is, looked for with a progress bar."""
    from rich.progress import track

    from review.cli import console
    from scheduler.template_rescan import looked_at

    count, looks = looked_at(template)
    told = track(looks, total=count, description="looking", console=console.err, transient=True)
    found = list(told)
    for look in found:
        if look.trouble:
            click.echo(f"sluice: image {look.image} cannot be looked at: {look.trouble}", err=True)
    bearing = [look.image for look in found if look.bears]
    click.echo(
        f"template {template} is still on {len(bearing)} of {count} images that were searched", err=True
    )
    return bearing


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
    from stack import connection

    actor, refused = f"person:{getpass.getuser()}", 0
    with connection.records():
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
