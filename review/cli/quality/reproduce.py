"""``sluice reproduce``: repeat a recorded step and compare the result with the record."""

from typing import TYPE_CHECKING, Any

import click

from review.cli import complete
from review.cli.options import json_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from records.queries.history import Past
    from tasks.runner.reproduction import Reproduction, Run

DIFFERENT = 1


@click.command()
@click.argument("image", type=int, shell_complete=complete.images)
@click.option(
    "--step",
    "-s",
    metavar="STEP",
    shell_complete=complete.steps,
    help="The step to repeat, such as erase_text; by default the last one.",
)
@click.option(
    "--runs", "-n", type=click.IntRange(min=1), default=1, show_default=True, help="Number of runs."
)
@json_option
@pass_session
def reproduce(session: Session, image: int, step: str | None, runs: int, as_json: bool) -> None:
    """Run a recorded step of IMAGE again, in this process, and compare the bytes with the recorded ones.

    The input, recipe, seed and environment of each step are recorded. If the result differs, the command shows how
    much, and what has changed since: model, device, threads, libraries. The step runs on SLUICE_DEVICE.
    Exit code 0 for the same bytes, 1 for different ones.

    Example: sluice reproduce 17 --step erase_text --runs 3
    """
    from rich.progress import track

    from records.queries import history
    from review.cli import console
    from worker.device import pin

    pin(session.settings.device)  # before any framework is imported: as many threads as a worker has
    with session.line() as context:
        from tasks.runner.reproduction import Reproduction, report

        past = context.database.transact(lambda connection: history.last(connection, image, step))
        again = Reproduction(context, past)
        numbers = track(range(runs), description=past.transform, console=console.err, transient=True)
        done = [again.run() for _ in numbers]
        elsewise = again.elsewise()
    if as_json:
        console.as_json(report(past, again, done))
    else:
        _tell(image, past, again, done, elsewise)
    if not all(run.same for run in done):
        raise click.exceptions.Exit(DIFFERENT)


def _tell(
    image: int, past: "Past", again: "Reproduction", done: "list[Run]", elsewise: dict[str, tuple[Any, Any]]
) -> None:
    from review.cli import console

    by = f" by {past.model} {past.revision}" if past.model else ""
    title = f"image {image}, {past.image.name}: {past.transform}{by}, recorded {past.at:%Y-%m-%d %H:%M:%S}"
    columns = ("run", "result", "verdict", "max. difference", "PSNR", "pixels changed", "seconds")
    console.rows(title, columns, [_cells(number, run) for number, run in enumerate(done, 1)])
    if len(done) > 1:
        word = "agree" if again.agree else "[red]differ[/]"
        console.out.print(f"the {len(done)} runs {word} with each other")
    if not past.made_with:
        console.out.print("recorded by an older version of Sluice: only model and device were recorded")
    for name, (then, now) in elsewise.items():
        console.out.print(f"[yellow]changed[/]: {name} was {_text(then)}, is now {_text(now)}")
    if not elsewise:
        console.out.print("model, device, hardware, threads and libraries are the same as in the record")


def _cells(number: int, run: "Run") -> tuple[str, ...]:
    result = "[green]the same bytes[/]" if run.same else f"[red]different {', '.join(run.unlike)}[/]"
    if run.apart is None:
        return str(number), result, run.verdict, "–", "–", "–", f"{run.seconds:.2f}"
    most, share = run.apart.most, f"{run.apart.share:.2%}"
    psnr = "equal" if most == 0 else f"{run.apart.psnr:.1f} dB"
    return str(number), result, run.verdict, str(most), psnr, share, f"{run.seconds:.2f}"


def _text(value: Any) -> str:
    return "none" if value in (None, "") else str(value)


COMMANDS = [reproduce]
