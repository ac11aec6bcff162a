"""``sluice match``: compare two models on the same pictures."""

import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from review.cli import complete
from review.cli.options import json_option, recipe_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from review.experiments.comparison import Match, ModelScore

MEASURES = {
    "hue": ("hue turned, degrees", "{:+z.2f}"),
    "fine": ("fine detail, log2", "{:+z.2f}"),
    "contrast": ("local contrast, log2", "{:+z.2f}"),
    "distance": ("distance", "{:.4f}"),
}


@click.command()
@click.argument("models", nargs=2, metavar="A B", shell_complete=complete.models)
@click.option(
    "--set",
    "folder",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder of pictures; for fills with NAME.mask.png beside each, or letters are drawn.",
)
@click.option(
    "--transform",
    "-t",
    shell_complete=complete.steps,
    help="The step to run them in; by default the step for their task.",
)
@recipe_option
@click.option(
    "--out", "-o", type=click.Path(file_okay=False, path_type=Path), help="Folder for both models' pictures."
)  # fmt: skip
@json_option
@pass_session
def match(
    session: Session,
    models: tuple[str, str],
    folder: Path,
    transform: str | None,
    recipe: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare models A and B on the same pictures by quality and cost, for fill, upscale, denoise and restore.

    Hue, fine detail, local contrast, perceptual distance, gate verdicts, latency, memory and cost per thousand.
    For an enlargement, the photo is halved first and the result is compared with the original. For a fill of drawn
    letters, the result is compared with what they cover. A winner is only named if the difference is
    statistically significant.

    Example: sluice match lanczos back_projection --set photos/ --out match/
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from review.cli import console
    from review.experiments.samples import samples

    context = session.pinned()
    from review.experiments.experiment import comparable_transform, transform_of
    from review.experiments.match import match as run

    if models[0] == models[1]:
        raise InputError(f"{models[0]} is compared with itself: name two different models")
    transforms = context.transforms
    step = comparable_transform(transforms, transform) if transform else transform_of(context, models[0])
    if step.name == "generate":
        raise InputError("generated pictures have no reference to compare with: use sluice permute")
    chosen, rules = samples(context.codec, [folder]), session.recipe(context, recipe)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with ExitStack() as exit_, Progress(*columns, console=console.err, transient=True) as progress:
        folder_of_results = out or Path(exit_.enter_context(context.scratch()))
        bar = progress.add_task("", total=3 * len(chosen))

        def advance(name: str) -> None:
            progress.update(bar, advance=1, description=name)

        result = run(context, chosen, step.name, models, rules, folder_of_results, advance)
    document = _document(result, session.settings.device)
    number = _record(session, result, str(step.task), document)
    if as_json:
        console.as_json(document | {"out": str(out) if out else None, "match": number})
        return
    _tell(result, session.settings.device, number, out)


def _record(session: Session, result: "Match", task: str, document: dict[str, Any]) -> int | None:
    """Record the comparison where there are records, and answer its number; nothing is begun for it."""
    from records.slots import matches
    from review.cli.person import current_actor
    from review.experiments.verdict import worse_models

    if not session.has_records:
        return None
    new = matches.NewMatch(
        result.transform,
        task,
        (result.first.model, result.second.model),
        (result.first.revision, result.second.revision),
        len(result.names),
        worse_models(result),
        document["reading"],
        document,
    )
    with session.line() as line:
        return line.database.transact(lambda connection: matches.record(connection, new, current_actor()))


def _tell(result: "Match", device: str, number: int | None, out: Path | None) -> None:
    from review.cli import console
    from review.experiments.statistics import SIGNIFICANCE
    from review.experiments.verdict import verdict_sentence

    one, other = result.first, result.second
    rows = [_look_row(result, measure) for measure in MEASURES]
    share = f"{{}} of {len(result.names)}"
    word = (
        ""
        if one.flagged() == other.flagged()
        else "clear"
        if result.flags_differ() < SIGNIFICANCE
        else "chance"
    )
    rows.append(("flagged by the gates", *_both(result, lambda side: share.format(side.flagged())), "", word))
    slower = result.slower()
    ratio = f"× {2**slower.mean:.2f}" if one.seconds() and other.seconds() else ""
    rows.append(("seconds, median", *_both(result, _median), ratio, _word(slower)))
    rows.append(("seconds, worst", *_both(result, _worst), "", ""))
    rows.append(("peak memory, MB", *_both(result, _peak), "", ""))
    rows.append(("declared memory, MB", *_both(result, lambda side: f"{side.declared:.0f}"), "", ""))
    rows.append(("cost per thousand", *_both(result, _cost), "", ""))
    title = f"{result.transform}: {len(result.names)} pictures on {device}"
    console.rows(title, ("mean of", one.model, other.model, "B compared with A", "difference"), rows)
    console.out.print(f"measured against {result.against}; distance: {result.distance.name}")
    for side in (one, other):
        if reasons := side.reasons():
            counts = ", ".join(f"{reason} {count} ×" for reason, count in list(reasons.items())[:5])
            console.out.print(f"{side.model} flagged for: {counts}")
        if alone := sum(shot.left_alone for shot in side.shots):
            console.out.print(
                f"{side.model} left {alone} of {len(result.names)} pictures unchanged; they are not measured"
            )
    if _cost(one) == "–":
        console.out.print("no cost is set for this device: add it under \\[costs] in sluice.toml")
    console.out.print(f"[bold]{verdict_sentence(result)}[/]")
    if number is not None:
        console.out.print(f"recorded as match {number}; a switch of a slot may rely on it")
    if out:
        console.out.print(f"both models' pictures are in {out}")


def _look_row(result: "Match", measure: str) -> tuple[str, ...]:
    name, form = MEASURES[measure]
    cells = [_mean(form, side) for side in result.both(measure)]
    beside = [pair[measure] for pair in result.between]
    direct = _mean(form, beside)
    differ = _word(result.difference(measure)) if result.both(measure)[0] else ""
    return name, cells[0], cells[1], direct, differ


def _mean(form: str, values: list[float]) -> str:
    import numpy as np

    return form.format(round(float(np.mean(values)), 4) + 0.0) if values else "–"


def _word(difference: Any) -> str:
    if math.isinf(difference.low):
        return "too few"
    return "clear" if difference.is_clear else "chance"


def _both(result: "Match", text: Any) -> tuple[str, str]:
    return text(result.first), text(result.second)


def _median(side: "ModelScore") -> str:
    import numpy as np

    return f"{np.median(side.seconds()):.3f}" if side.seconds() else "–"


def _worst(side: "ModelScore") -> str:
    return f"{max(side.seconds()):.3f}" if side.seconds() else "–"


def _peak(side: "ModelScore") -> str:
    return "–" if side.peak is None else f"{side.peak:.0f}"


def _cost(side: "ModelScore") -> str:
    cost = side.cost_per_thousand()
    return "–" if cost is None else f"{cost:.4f}"


def _document(result: "Match", device: str) -> dict[str, Any]:
    import numpy as np

    from review.experiments.verdict import verdict_sentence

    measures = {measure: result.difference(measure) for measure in MEASURES}
    return {
        "transform": result.transform,
        "pictures": len(result.names),
        "device": device,
        "distance": result.distance.name,
        "instead_of": result.distance.instead_of,
        "against": result.against,
        "drawn_masks": result.drawn,
        "models": [_side(result, at, side) for at, side in enumerate((result.first, result.second))],
        "second_beside_first": {
            measure: float(np.mean([pair[measure] for pair in result.between])) if result.between else None
            for measure in MEASURES
        },
        "second_less_first": {
            measure: {
                "mean": difference.mean,
                "low": _finite(difference.low),
                "high": _finite(difference.high),
            }
            for measure, difference in measures.items()
            if result.both(measure)[0]
        },
        "flags_by_chance": result.flags_differ(),
        "reading": verdict_sentence(result),
    }


def _side(result: "Match", at: int, side: "ModelScore") -> dict[str, Any]:
    import numpy as np

    taken = side.seconds()
    means = {measure: result.both(measure)[at] for measure in MEASURES}
    return {
        "model": side.model,
        "revision": side.revision,
        **{measure: float(np.mean(values)) if values else None for measure, values in means.items()},
        "flagged": side.flagged(),
        "reasons": side.reasons(),
        "left_alone": sum(shot.left_alone for shot in side.shots),
        "median_seconds": float(np.median(taken)) if taken else None,
        "worst_seconds": max(taken, default=None),
        "peak_memory": side.peak,
        "declared_memory": side.declared,
        "cost_per_thousand": side.cost_per_thousand(),
        "images": {
            name: {
                "verdict": shot.verdict,
                "reasons": list(shot.reasons),
                "seconds": shot.seconds,
                **shot.looks,
            }
            for name, shot in zip(result.names, side.shots, strict=True)
        },
    }


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value


COMMANDS = [match]
