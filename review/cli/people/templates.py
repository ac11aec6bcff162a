"""``sluice templates``: overlays that recur on a vendor's photos, and people's decisions on them."""

from functools import partial
from pathlib import Path

import click

from line.errors import InputError
from line.states import TemplateState
from review.cli import complete
from review.cli.options import json_option
from review.cli.session import Session, pass_session

ids_argument = click.argument(
    "ids", type=int, nargs=-1, required=True, metavar="ID…", shell_complete=complete.templates
)
overrule_option = click.option("--overrule", is_flag=True, help="Change an earlier decision.")


@click.group(invoke_without_command=True)
@click.option("--vendor", shell_complete=complete.vendors, help="Only this vendor's.")
@json_option
@click.pass_context
def templates(context: click.Context, vendor: str | None, as_json: bool) -> None:
    """List vendor templates: overlays that recur on many photos of a vendor, such as a stamp or a date.

    Sluice proposes them. A person confirms a template (from then on it counts as a certain overlay) or dismisses
    it (its text is treated like any other, and it is not proposed again).
    """
    from records import templates as records
    from review.cli import console

    if context.invoked_subcommand is not None:
        return
    with context.ensure_object(Session).line() as line:
        listed = line.database.transact(partial(records.listed, vendor=vendor))
    if as_json:
        console.as_json(listed)
        return
    columns = ("template", "vendor", "state", "left top right bottom", "photos", "probability", "examples")
    lines = (
        (
            template["template"],
            template["vendor"],
            template["state"],
            " ".join(f"{share:.1%}" for share in template["box"]),
            f"{template['images']} of {template['photos']}",
            f"{template['overlay']:.0%}",
            ", ".join(f"{example['name']} ({example['image']})" for example in template["examples"]),
        )
        for template in listed
    )
    console.rows("vendor templates", columns, lines)


@templates.command()
@ids_argument
@overrule_option
@pass_session
def confirm(session: Session, ids: tuple[int, ...], overrule: bool) -> None:
    """Confirm that templates are overlays, which are then erased from the vendor's next photos.

    For photos that were flagged or delivered before: sluice requeue --template ID.
    """
    _decide(session, ids, TemplateState.CONFIRMED, overrule)


@templates.command()
@ids_argument
@overrule_option
@pass_session
def dismiss(session: Session, ids: tuple[int, ...], overrule: bool) -> None:
    """Dismiss templates: text there is treated like any other text."""
    _decide(session, ids, TemplateState.DISMISSED, overrule)


@templates.command(name="show")
@click.argument("template", type=int, metavar="ID", shell_complete=complete.templates)
@click.option(
    "--out",
    "-o",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .png file for the example crops, side by side.",
)
@pass_session
def show_(session: Session, template: int, out: Path) -> None:
    """Save a picture of a template on up to three photos."""
    import cv2

    from records import templates as records
    from tasks.templates.previews import side_by_side

    with session.line() as line:
        listed = line.database.transact(partial(records.listed, ids=[template]))
        if not listed:
            raise InputError(f"there is no template {template}; `sluice templates` lists them")
        picture = side_by_side(line.bucket, listed[0]["examples"])
    written, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if out.suffix.lower() != ".png" or not written:
        raise InputError(f"--out {out}: name a .png file")
    out.write_bytes(data.tobytes())
    names = ", ".join(example["name"] for example in listed[0]["examples"])
    click.echo(f"{out}: {names}")


def _decide(session: Session, ids: tuple[int, ...], state: TemplateState, overrule: bool) -> None:
    from records import templates as records
    from review.cli.people.decide import each

    with session.line() as line:

        def act(template: int, actor: str) -> None:
            decide = partial(records.decide, template_id=template, state=state)
            line.database.transact(partial(decide, actor=actor, overrule=overrule))

        each("template", ids, act, state.value)


COMMANDS = [templates]
