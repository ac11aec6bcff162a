"""``sluice triage``: what went wrong in a batch, and the smallest change that would have passed."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from review.cli.options import batch_argument, json_option
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from review.triage.diagnosis import Diagnosis
    from review.triage.report import Triage


@click.command()
@batch_argument
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    metavar="N",
    help="Images that stopped, to be run again.",
)
@json_option
@pass_session
def triage(session: Session, batch: int, sample: int, as_json: bool) -> None:
    """Halt BATCH; find the step at fault and the smallest change of the recipe that lets a sample pass.

    The sample is stratified by vendor, reason and size. Each of its steps runs again alone from its recorded input, in
    this process on SLUICE_DEVICE; then every change that returns a parameter, a model or a limit to its default
    is tried on it, and on images that had passed. Nothing is changed but the state of a running batch: the corrected
    recipe is recorded, and `sluice resume BATCH --as DIGEST` goes on with it through a probe.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from review.cli import console
    from worker.device import pin

    pin(session.settings.device)  # before any framework is imported: as many threads as a worker has
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with session.line() as line, Progress(*columns, console=console.err, transient=True) as progress:
        from review.triage.report import triage as examine

        task = progress.add_task("reading the records", total=None)

        def tell(what: str) -> None:
            progress.update(task, description=what)

        result = examine(line, batch, person=current_actor(), size=sample, progress=tell)
    if as_json:
        console.as_json(_document(result))
    else:
        _tell(result)


def _tell(result: "Triage") -> None:
    from review.cli import console

    batch, out = result.batch, console.out
    state = f"{batch.state}, halted for this triage" if result.was_halted else str(batch.state)
    out.print(f"batch {batch.id} ({batch.vendor}/{batch.upload}) is {state}", markup=False)
    if not result.reasons:
        out.print("no image of it was flagged or failed")
    else:
        console.rows(
            "stopped images", ("step: reason", "images"), [(reason, n) for reason, n in result.reasons]
        )
    for opening in result.openings:
        out.print(
            f"{opening.passed} of {opening.of} images passed only because the recipe opens a limit: {opening.change}",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    if result.diagnosis is not None:
        _tell_diagnosis(result)
    for sentence in _offer(result):
        out.print(sentence, markup=False, soft_wrap=True)


def _tell_diagnosis(result: "Triage") -> None:
    from review.cli import console

    diagnosis = result.diagnosis
    if diagnosis is None:
        return
    alone = [(row.transform, row.passed, row.failed, row.changed or "") for row in diagnosis.alone]
    title = f"each step alone, on {diagnosis.failing} images that stopped"
    console.rows(title, ("step", "passes", "does not", "otherwise than recorded"), alone)
    tried = [
        (
            "; ".join(map(str, each.changes)),
            str(each.changes[0].kind) if len(each.changes) == 1 else f"{len(each.changes)} changes",
            f"{each.fixed} of {diagnosis.failing}",
            f"{each.still_passing} of {diagnosis.controls}",
        )
        for each in diagnosis.tried
    ]
    if tried:
        console.rows("changes tried", ("change", "kind", "pass now", "still pass"), tried)


def _offer(result: "Triage") -> list[str]:
    """What was found and what to do, in sentences."""
    diagnosis, batch = result.diagnosis, result.batch.id
    if result.at_fault is None:
        return ["there is nothing to correct" + ("; " + _go_on(result) if result.was_halted else "")]
    name = f"steps[{result.at_fault}] ({result.recipe.steps[result.at_fault].transform})"
    if diagnosis is not None and diagnosis.is_gone:
        return [
            f"step at fault: {name}; run again now, it passes: the cause is not in the recipe (a worker, its device, "
            "a server) or is gone",
            f"go on, a few test images first: sluice resume {batch}",
        ]
    if not result.changes:
        return [
            f"step at fault: {name}; no limit, parameter or model that was tried lets half of the sample pass"
            + _nearest(diagnosis),
            f"look at the pictures (sluice images {batch} --state flagged, or the desk); another recipe: "
            f"sluice requeue --flagged {batch} --recipe R",
        ]
    sentences = [f"step at fault: {name}", "smallest change: " + "; ".join(map(str, result.changes))]
    if diagnosis is not None and diagnosis.best is not None:
        sentences[-1] += f" ({diagnosis.best.fixed} of {diagnosis.failing} pass every step with it)"
        sentences += _asked(result) or _later_stops(result)
        if any(change.kind.name == "RULE" for change in result.changes):
            sentences.append(
                "this changes what the recipe asks for, so it is a decision about the product, not a repair"
            )
    if result.expected_rate is not None:
        threshold = result.recipe.breaker.threshold
        sentences.append(f"artifact rate to expect: {result.expected_rate:.0%}; threshold {threshold:.0%}")
    return [*sentences, _go_on(result)]


def _asked(result: "Triage") -> list[str]:
    """Of which images a person is asked with the change, where that is all that it does for them."""
    best = result.diagnosis.best if result.diagnosis else None
    if best is None or not best.asked or best.fixed:
        return []
    steps = result.recipe.steps
    listed = ", ".join(
        f"{steps[stop.position].transform}: {stop.reason} {count} ×"
        for stop, count in best.stops
        if stop.asks
    )
    return [f"with it a person is asked, and no artifact is made: {listed}"]


def _later_stops(result: "Triage") -> list[str]:
    """Where the images stop next that the change only gets past their step."""
    best = result.diagnosis.best if result.diagnosis else None
    if best is None or best.past <= best.fixed:
        return []
    steps = result.recipe.steps
    listed = ", ".join(
        f"{steps[stop.position].transform}: {stop.reason} {count} ×" for stop, count in best.stops
    )
    return [
        f"{best.past} get past the step at which they had stopped; those that do not pass stop at {listed}"
    ]


def _nearest(diagnosis: "Diagnosis | None") -> str:
    """The change that lets most images pass, as the end of a sentence."""
    nearest = max(diagnosis.tried, key=lambda each: each.fixed, default=None) if diagnosis else None
    if diagnosis is None or nearest is None or not nearest.fixed:
        return ""
    return f"; nearest: {'; '.join(map(str, nearest.changes))} ({nearest.fixed} of {diagnosis.failing})"


def _go_on(result: "Triage") -> str:
    from review.triage.report import is_resumable

    batch, words = result.batch.id, f" --as {result.fix[:12]}" if result.fix else ""
    back = "".join(
        f"take the promoted candidate out: sluice rollout rollback {each}; then " for each in result.rollbacks
    )
    if is_resumable(result.batch):
        go_on = f"{back}go on with it, a few test images first: sluice resume {batch}{words}"
        return (
            f"{go_on}; then sluice requeue --flagged {batch} for those that stopped"
            if result.reasons
            else go_on
        )
    return f"{back}go on with it: sluice resume {batch}{words}, then sluice requeue --flagged {batch}"


def _document(result: "Triage") -> dict[str, Any]:
    diagnosis = result.diagnosis
    return {
        "batch": result.batch.id,
        "state": str(result.batch.state),
        "was_halted": result.was_halted,
        "reasons": dict(result.reasons),
        "sample": [asdict(image) for image in result.sample],
        "alone": [asdict(row) for row in diagnosis.alone] if diagnosis else [],
        "controls": diagnosis.controls if diagnosis else 0,
        "cause_is_gone": bool(diagnosis and diagnosis.is_gone),
        "tried": [
            {
                "changes": [_change(change) for change in each.changes],
                "fixed": each.fixed,
                "past": each.past,
                "still_passing": each.still_passing,
                "stops": [[stop.position, stop.reason, count] for stop, count in each.stops],
            }
            for each in (diagnosis.tried if diagnosis else ())
        ],
        "opened_limits": [
            {"change": _change(opening.change), "passed": opening.passed, "of": opening.of}
            for opening in result.openings
        ],
        "step": None if result.at_fault is None else result.recipe.steps[result.at_fault].transform,
        "changes": [_change(change) for change in result.changes],
        "recipe": result.fix,
        "rollbacks": list(result.rollbacks),
        "expected_rate": result.expected_rate,
    }


def _change(change: Any) -> dict[str, Any]:
    return {
        "position": change.position,
        "transform": change.transform,
        "kind": str(change.kind),
        "key": change.key,
        "before": _plain(change.before),
        "after": _plain(change.after),
    }


def _plain(value: Any) -> Any:
    from gates.contract import Limit

    return asdict(value) if isinstance(value, Limit) else value


COMMANDS = [triage]
