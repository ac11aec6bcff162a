"""``sluice judge``: run only the gates, on two files or two folders."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from review.cli import complete
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from imaging.codec import Codec
    from review.experiments.image_pairs import Pair

path_argument = click.Path(exists=True, path_type=Path)


@click.command()
@click.option(
    "--transform",
    "-t",
    required=True,
    shell_complete=complete.steps,
    help="The step whose gates to run: erase_text, upscale, …",
)
@click.argument("before", type=path_argument)
@click.argument("after", type=path_argument)
@click.option("--mask", type=path_argument, help="File or folder; white where pixels were allowed to change.")
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    help="Draw before, after, difference, heat map, spectra and readings: a PNG, or a folder of them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines on stdout.")
@pass_session
def judge(
    session: Session,
    transform: str,
    before: Path,
    after: Path,
    mask: Path | None,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Judge edits by the gates: BEFORE and AFTER are two files, or two folders with the same file names.

    One line per edit: name, verdict (pass or flag), reasons, readings, and the place of each broken limit
    (x, y, width, height). The exit code is 0 for every verdict.
    """
    from review.cli import console
    from review.experiments.image_pairs import pairs

    check_transform(transform)
    single = before.is_file()
    both, codec = pairs(before, after, mask), session.codec
    lines = (_judge(codec, transform, pair, _page(sheet, pair, single)) for pair in both)
    if as_json:
        for line in lines:
            console.as_json(line)
        return
    cells = ((line["name"], line["verdict"], "; ".join(line["reasons"])) for line in lines)
    console.rows(f"gates of {transform}", ("name", "verdict", "reasons"), cells)


def check_transform(transform: str) -> None:
    """Refuse a step that no gate judges."""
    from gates.contract import registry as gate_registry

    judged_transforms = sorted({name for gate in gate_registry().gates.values() for name in gate.transforms})
    if transform not in judged_transforms:
        raise InputError(f"--transform {transform}: there are gates for {', '.join(judged_transforms)}")


def _page(sheet: Path | None, pair: "Pair", single: bool) -> Path | None:
    """The file for the sheet of one picture: ``sheet`` itself, or a file in the folder ``sheet``."""
    if sheet is None or single:
        return sheet
    return sheet / f"{pair.name}.png"


def _judge(codec: "Codec", transform: str, pair: "Pair", page: Path | None) -> dict[str, Any]:
    import cv2

    from gates.contract import judge as judge_edit
    from review.tools.sheet import sheet as draw_sheet

    edit = pair.edit(codec, transform)
    verdict = judge_edit(edit)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw_sheet(edit, verdict, pair.name)
        _, data = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
        page.write_bytes(data.tobytes())
    return {
        "name": pair.name,
        "verdict": "pass" if verdict.passed else "flag",
        "reasons": [str(reason) for reason in verdict.reasons],
        "where": {reason.code: reason.where for reason in verdict.reasons if reason.where},
        "readings": dict(verdict.readings),
    }


COMMANDS = [judge]
