"""``sluice calibrate``: propose limits for a recipe from good edits."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from line.errors import InputError
from review.cli import complete
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from gates.contract import Limit
    from review.tools.calibrate import Proposal


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--transform",
    "-t",
    required=True,
    shell_complete=complete.steps,
    help="The step that made these edits: erase_text, upscale, …",
)
@click.option(
    "--rate",
    type=float,
    default=0.02,
    show_default=True,
    help="Maximum share of good edits that may be flagged (0..1).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@pass_session
def calibrate(session: Session, folder: Path, transform: str, rate: float, as_json: bool) -> None:
    """Propose gate limits from a FOLDER of good edits, with pictures of the same names in before/ and after/.

    At least 20 edits are needed. PNGs in an optional folder masks/ are white where pixels were allowed to change.
    Copy the output below the step in a recipe.
    """
    from rich.progress import track

    from gates.contract import judge, registry
    from review.cli import console
    from review.cli.quality.judge import check_transform
    from review.experiments.image_pairs import pairs
    from review.tools.calibrate import propose

    check_transform(transform)
    for part in ("before", "after"):
        if not (folder / part).is_dir():
            raise InputError(f"{folder}: has no folder {part}/; good edits are pairs in before/ and after/")
    masks = folder / "masks"
    both = pairs(folder / "before", folder / "after", masks if masks.is_dir() else None)
    edits = track(both, description="judging", console=console.err, transient=True)
    gates = registry().for_transform(transform)
    proposal = propose([judge(pair.edit(session.codec, transform)).readings for pair in edits], gates, rate)
    taken = {name for gate in gates for name in gate.limits}
    limits = {name: limit for name, limit in proposal.limits.items() if name in taken}
    if as_json:
        ends = {
            name: {"at_least": limit.at_least, "at_most": limit.at_most} for name, limit in limits.items()
        }
        console.as_json(
            {"limits": ends, "edits": proposal.edits, "flagged": proposal.flagged, "upper": proposal.upper}
        )
        return
    click.echo(_table(transform, proposal, limits))


def _table(transform: str, proposal: "Proposal", limits: "dict[str, Limit]") -> str:
    lines = [
        f"# below the step {transform}; from {proposal.edits} good edits, of which these limits flag "
        f"{proposal.flagged:.1%} (of others at most {proposal.upper:.1%}, at 95 %)",
        "[steps.limits]",
    ]
    for name, limit in limits.items():
        ends = (("at_least", limit.at_least), ("at_most", limit.at_most))
        inside = ", ".join(f"{end} = {value:.4g}" for end, value in ends if value is not None)
        lines.append(f"{name} = {{ {inside} }}")
    return "\n".join(lines)


COMMANDS = [calibrate]
