"""``sluice style``: the style of a campaign, as ranges for a recipe."""

from pathlib import Path

import click

from line.errors import InputError
from review.cli.options import json_option
from review.cli.session import Session, pass_session

MIN_PICTURES = 3
"""Minimum number of reference pictures."""


@click.command()
@click.argument("pictures", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@click.option(
    "--widen",
    type=click.FloatRange(min=0),
    default=0.15,
    show_default=True,
    help="Margin added at either end of each range, as a share of the range.",
)
@json_option
@pass_session
def style(session: Session, pictures: tuple[Path, ...], widen: float, as_json: bool) -> None:
    """Measure reference PICTURES (files or folders); print a [style] table for a recipe.

    The table holds the ranges of palette, tone, contrast and texture of the references, with a margin. Pictures that
    are generated or delivered outside these ranges are flagged (gate style_lock). Workers need only the recipe,
    not the references.

    Example: sluice style campaign/best/ >> spring.toml
    """
    from rich.progress import track

    from gates.metrics.picture.look import look, outside, ranges
    from review.cli import console
    from review.experiments.samples import samples

    chosen = samples(session.codec, pictures)
    if len(chosen) < MIN_PICTURES:
        raise InputError(f"{len(chosen)} reference pictures are too few: give at least {MIN_PICTURES}")
    progress = track(chosen, description="measuring", console=console.err, transient=True)
    looks = [look(sample.rgb()) for sample in progress]
    style_ranges = ranges(looks, widen)
    outliers = [
        sample.name
        for at, sample in enumerate(chosen)
        if any(outside(looks[at], ranges([*looks[:at], *looks[at + 1 :]], widen)).values())
    ]
    if as_json:
        console.as_json(
            {
                "pictures": len(chosen),
                "strangers": outliers,
                "style": {k: list(v) for k, v in style_ranges.items()},
            }
        )
        return
    click.echo(
        f"# from {len(chosen)} pictures, with a margin of {widen:g} of each range. Judged by the others,"
    )
    click.echo(f"# {len(outliers)} would be flagged{': ' if outliers else ''}{_short(outliers)}")
    if outliers:
        click.echo("# if these are too many: more references or a larger --widen")
    click.echo("[style]")
    for name, (low, high) in style_ranges.items():
        click.echo(f"{name} = [{low:.2f}, {high:.2f}]")


def _short(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


COMMANDS = [style]
