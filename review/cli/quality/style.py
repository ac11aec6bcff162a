"""``sluice style``: the look of a campaign, as ranges for a recipe."""

from pathlib import Path

import click

from line.errors import InputError
from review.cli.options import json_option

FEWEST = 3


@click.command()
@click.argument("pictures", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@click.option(
    "--widen",
    type=click.FloatRange(min=0),
    default=0.15,
    show_default=True,
    help="Room beyond the references at either end, as a share of what lies between them.",
)
@json_option
def style(pictures: tuple[Path, ...], widen: float, as_json: bool) -> None:
    """Measure reference PICTURES (files or folders); print the [style] table that locks a recipe to their look.

    Palette, tone, contrast and texture may then be no further apart than in the references, with some room.
    What is generated or delivered outside of that is flagged for a person (gate style_lock). The recipe
    holds the ranges, so no worker needs the references.

    Example: sluice style campaign/best/ >> spring.toml
    """
    from rich.progress import track

    from gates.metrics.picture.look import look, outside, ranges
    from review.cli import console
    from review.experiments.samples import samples

    chosen = samples(pictures)
    if len(chosen) < FEWEST:
        raise InputError(f"{len(chosen)} pictures say too little of a look: give at least {FEWEST}")
    told = track(chosen, description="looking", console=console.err, transient=True)
    looks = [look(sample.rgb()) for sample in told]
    found = ranges(looks, widen)
    strangers = [
        sample.name
        for at, sample in enumerate(chosen)
        if any(outside(looks[at], ranges([*looks[:at], *looks[at + 1 :]], widen)).values())
    ]
    if as_json:
        console.as_json(
            {"pictures": len(chosen), "strangers": strangers, "style": {k: list(v) for k, v in found.items()}}
        )
        return
    click.echo(
        f"# from {len(chosen)} pictures, with {widen:g} of their spread as room; each judged by the others:"
    )
    click.echo(f"# {len(strangers)} would be flagged{': ' if strangers else ''}{_short(strangers)}")
    if strangers:
        click.echo("# where that is too many, more references or a greater --widen make room")
    click.echo("[style]")
    for name, (low, high) in found.items():
        click.echo(f"{name} = [{low:.2f}, {high:.2f}]")


def _short(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


COMMANDS = [style]
