"""``sluice templates``: what recurs at one place of a vendor's photos, and a person's word on it."""

from functools import partial
from pathlib import Path

import click

from line.errors import InputError
from line.states import TemplateState
from review.cli import complete
from review.cli.options import json_option

ids_argument = click.argument("ids", type=int, nargs=-1, required=True, metavar="ID…")
overrule_option = click.option("--overrule", is_flag=True, help="Also where it was decided otherwise before.")


@click.group(invoke_without_command=True)
@click.option("--vendor", shell_complete=complete.vendors, help="Only this vendor's.")
@json_option
@click.pass_context
def templates(context: click.Context, vendor: str | None, as_json: bool) -> None:
    """Vendor templates: text at one place of many photos of a vendor, such as a stamp or a date.

    The line proposes; a person confirms (from then on it counts as a sure overlay) or dismisses
    (it is treated as any text, and never proposed again).
    """
    from records import templates as records
    from records.database import transact
    from review.cli import console
    from stack import connection

    if context.invoked_subcommand is not None:
        return
    with connection.records():
        found = transact(partial(records.listed, vendor=vendor))
    if as_json:
        console.as_json(found)
        return
    columns = ("template", "vendor", "state", "left top right bottom", "photos", "overlay", "such as")
    lines = (
        (
            line["template"],
            line["vendor"],
            line["state"],
            " ".join(f"{share:.1%}" for share in line["box"]),
            f"{line['images']} of {line['photos']}",
            f"{line['overlay']:.0%}",
            ", ".join(f"{example['name']} ({example['image']})" for example in line["examples"]),
        )
        for line in found
    )
    console.rows("vendor templates", columns, lines)


@templates.command()
@ids_argument
@overrule_option
def confirm(ids: tuple[int, ...], overrule: bool) -> None:
    """It is an overlay: erased from the next photos of the vendor as what is sure.

    Photos that were searched before, flagged or delivered, can follow: sluice requeue --template ID.
    """
    _decide(ids, TemplateState.CONFIRMED, overrule)


@templates.command()
@ids_argument
@overrule_option
def dismiss(ids: tuple[int, ...], overrule: bool) -> None:
    """It is no overlay, or shall stay: text there is treated as any other."""
    _decide(ids, TemplateState.DISMISSED, overrule)


@templates.command(name="show")
@click.argument("template", type=int, metavar="ID")
@click.option(
    "--out",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .png file: example crops side by side, the text outlined.",
)
def show_(template: int, out: Path) -> None:
    """Write what a template looks like on up to three photos."""
    import cv2

    from records import templates as records
    from records.database import transact
    from scheduler.template_previews import side_by_side
    from stack import connection

    with connection.records():
        found = transact(partial(records.listed, ids=[template]))
        if not found:
            raise InputError(f"there is no template {template}; `sluice templates` lists them")
        picture = side_by_side(found[0]["examples"])
    written, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if out.suffix.lower() != ".png" or not written:
        raise InputError(f"--out {out}: name a .png file")
    out.write_bytes(data.tobytes())
    names = ", ".join(example["name"] for example in found[0]["examples"])
    click.echo(f"{out}: {names}")


def _decide(ids: tuple[int, ...], state: TemplateState, overrule: bool) -> None:
    from records import templates as records
    from records.database import transact
    from review.cli.people.decide import each

    def act(template: int, actor: str) -> None:
        transact(partial(records.decide, template_id=template, state=state, actor=actor, overrule=overrule))

    each("template", ids, act, state.value)


COMMANDS = [templates]
