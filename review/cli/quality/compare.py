"""``sluice compare``: compare two folders by full-reference metrics."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from line.picture import Rgb
    from review.experiments.image_pairs import Pair
    from review.tools.compare import Comparison


path_argument = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("reference", type=path_argument)
@click.argument("other", type=path_argument)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON file for the averages, the worst values and each picture's metrics.",
)
@click.option("--json", "as_json", is_flag=True, help="Print that JSON document on stdout.")
@pass_session
def compare(session: Session, reference: Path, other: Path, out: Path | None, as_json: bool) -> None:
    """Compare the pictures of folder OTHER with those of the same name in folder REFERENCE.

    PSNR, SSIM, MS-SSIM, GMSD, MDSI and CIEDE2000; and LPIPS if its weights are installed (see `sluice models`).
    SLUICE_DISTANCE names another learned distance.
    A picture of another size is first resized to that of the reference.
    """
    from review.cli import console
    from review.experiments.image_pairs import pairs
    from review.experiments.perceptual import distance
    from review.tools.compare import compare as compare_pairs
    from worker.model_cache import ModelCache

    both = pairs(reference, other)
    measure = distance(ModelCache.of(session.settings, session.models), session.settings.distance)
    # GMSD is among the metrics already
    comparison = compare_pairs(_read(session, both), None if measure.instead_of else measure.between)
    report = _report(comparison, measure.instead_of or measure.name)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if as_json:
        console.as_json(report)
        return
    cells = (
        (metric, f"{value:.4f}", f"{comparison.worst[metric][1]:.4f}", comparison.worst[metric][0])
        for metric, value in comparison.average.items()
    )
    console.rows(f"{len(both)} pictures", ("metric", "average", "worst", "of"), cells)


def _read(session: Session, both: "list[Pair]") -> "Iterator[tuple[str, Rgb, Rgb]]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from review.cli import console
    from review.experiments.image_pairs import read

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console.err, transient=True) as progress:
        bar = progress.add_task("", total=len(both))
        for pair in both:
            progress.update(bar, description=pair.name)
            yield pair.name, read(session.codec, pair.before), read(session.codec, pair.after)
            progress.advance(bar)


def _report(comparison: "Comparison", lpips: str) -> dict[str, Any]:
    return {
        "count": len(comparison.images),
        "average": dict(comparison.average),
        "worst": {
            metric: {"name": name, "value": value} for metric, (name, value) in comparison.worst.items()
        },
        "perceptual": lpips,
        "images": {name: dict(metrics) for name, metrics in comparison.images.items()},
    }


COMMANDS = [compare]
