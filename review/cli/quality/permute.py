"""``sluice permute``: run models × seeds over a folder and list unstable outputs."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from review.cli import complete
from review.cli.options import json_option, recipe_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from review.experiments.permute import Permutation, Row

MAX_STABLE_ROWS = 20
"""Maximum rows of the table that also shows stable outputs."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the command that say what to run."""

    transform: str
    models: str
    seeds: int
    recipe: str
    threshold: float

    def model_names(self) -> list[str]:
        """The models, in their order.

        Raises:
            InputError: there is none, or one is named twice.
        """
        names = [name.strip() for name in self.models.split(",") if name.strip()]
        if len(set(names)) != len(names) or not names:
            raise InputError(f"--models {self.models}: name each model once, with commas between them")
        return names


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--transform",
    "-t",
    required=True,
    shell_complete=complete.steps,
    help="The step to run: erase_text, upscale, denoise, …",
)
@click.option(
    "--models",
    "-m",
    required=True,
    metavar="A,B",
    shell_complete=complete.several_models,
    help="Models to run the step with.",
)
@click.option(
    "--seeds",
    "-n",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Number of seeds per model.",
)
@recipe_option
@click.option(
    "--out",
    "-o",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the outputs; the next run is compared with them.",
)
@click.option(
    "--threshold", type=click.FloatRange(min=0), default=2.0, show_default=True,
    help="Minimum RMS difference of a brittle output (levels of 255, over the edited area).",
)  # fmt: skip
@json_option
@pass_session
def permute(session: Session, /, folder: Path, out: Path, as_json: bool, **choices: Any) -> None:
    """Run a step on every picture in FOLDER with each model and seed, and compare with the last run's outputs.

    An output is brittle if its pixels or its verdict differ between seeds or from the last run. Seed N equals
    seed = N in a recipe. Parameters and limits come from the recipe. erase_text needs a mask beside each
    picture (NAME.mask.png); without one, letters are drawn on the photo.

    Example: sluice permute photos/ -t erase_text -m surroundings,telea -n 3 -o trials/
    """
    from review.cli import console

    chosen = Choices(**choices)
    result = _run(session, folder, out, chosen)
    if as_json:
        brittle = result.brittle(chosen.threshold)
        rows = [asdict(row) | {"brittle": row in brittle} for row in result.rows]
        document: dict[str, Any] = asdict(result) | {"rows": rows, "threshold": chosen.threshold}
        console.as_json(document | {"brittle": len(brittle), "out": str(out)})
    else:
        _tell(result, chosen.threshold, out)


def _run(session: Session, folder: Path, out: Path, choices: Choices) -> "Permutation":
    """Run every model with every seed; shows a progress bar."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from review.cli import console
    from review.experiments.samples import samples

    context = session.pinned()
    from review.experiments.experiment import comparable_transform, trial
    from review.experiments.permute import Folder, permute

    names, transform = choices.model_names(), choices.transform
    _ = comparable_transform(context.transforms, transform)
    pictures, rules = samples(context.codec, [folder]), session.recipe(context, choices.recipe)
    last = Folder.open(out, transform)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console.err, transient=True) as progress:
        bar = progress.add_task("", total=len(pictures) * len(names))

        def advance(name: str) -> None:
            progress.update(bar, advance=1, description=name)

        trials = (trial(context, rules, transform, name) for name in names)
        return permute(trials, pictures, transform, choices.seeds, last, advance)


def _tell(result: "Permutation", threshold: float, out: Path) -> None:
    from review.cli import console

    brittle = result.brittle(threshold)
    outputs = sum(len(row.files) for row in result.rows)
    shown = result.rows[: max(MAX_STABLE_ROWS, len(brittle))]
    columns = ("picture", "model", "seeds", "last", "verdicts", "")
    console.rows(
        f"{result.transform}: the most brittle first", columns, [_cells(row, threshold) for row in shown]
    )
    if len(shown) < len(result.rows):
        console.out.print(f"and {len(result.rows) - len(shown)} more, all stable")
    pairs = len(result.rows)
    console.out.print(
        "seeds, last: RMS difference between seeds, and from the last run's output (levels of 255)"
    )
    console.out.print(
        f"{len(brittle)} of {pairs} brittle: a different verdict, or RMS over {threshold:g} levels in the edited area"
    )
    if result.last_at:
        revised = f"; new revision since then: {', '.join(result.revised)}" if result.revised else ""
        console.out.print(f"compared with the run of {result.last_at}{revised}")
    if result.drawn:
        console.out.print(f"{result.drawn} pictures have no NAME.mask.png: letters were drawn on them")
    console.out.print(f"{outputs} outputs in {out}")


def _cells(row: "Row", threshold: float) -> tuple[str, ...]:
    counts = {word: row.verdicts.count(word) for word in dict.fromkeys(row.verdicts)}
    verdicts = ", ".join(f"{count} {word}" for word, count in counts.items())
    since = "–" if row.since_last is None else f"{row.since_last:.2f}"
    word = "[red]flips[/]" if row.flips else "[yellow]brittle[/]" if row.is_brittle(threshold) else "stable"
    return row.name, row.model, f"{row.seeds_apart:.2f}", since, verdicts, word


COMMANDS = [permute]
