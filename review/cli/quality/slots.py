"""``sluice slots``: names in recipes that stand for a model, what each holds, and the way back."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from review.cli import complete
from review.cli.options import json_option
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    import sqlalchemy as sa

    from records.slots.contents import Change, Content
    from records.slots.matches import Match

slot_argument = click.argument("slot", metavar="SLOT")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def slots(context: click.Context, as_json: bool) -> None:
    """List the slots that recipes may name instead of a model; set one, or take the last switch back.

    A recipe names a slot by model = "@upscaler". A batch records the model that the slot held when it was taken, and
    keeps it. A switch needs a comparison (sluice match) or a rollout on record.

    Example: sluice slots set upscaler back_projection --why "our own photos look best with it"
    """
    if context.invoked_subcommand is None:
        from records.slots import contents

        with context.ensure_object(Session).line() as line:
            current = line.database.transact(contents.current)
        _show("slots", [current[name] for name in sorted(current)], as_json)


@slots.command("set")
@slot_argument
@click.argument("model", shell_complete=complete.models)
@click.option("--why", required=True, help="Recorded with the change.")
@click.option("--unsafe", is_flag=True, help="Switch without evidence; `sluice audit` lists such switches.")
@pass_session
def set_(session: Session, slot: str, model: str, why: str, unsafe: bool) -> None:
    """Put MODEL into SLOT for new batches; batches that have begun keep their model.

    The first model of a slot needs no evidence. A switch needs a match on record, in which MODEL was not
    significantly worse than what the slot holds, on at least 5 pictures.
    """
    from records.slots import contents, evidence

    name, content = _slot_name(slot), _content(session, model)

    def act(connection: "sa.Connection") -> contents.Reason:
        kind, number = evidence.weigh(connection, name, content, unsafe=unsafe)
        reason = contents.Reason(current_actor(), why, kind, number)
        contents.put(connection, name, content, reason)
        return reason

    with session.line() as line:
        reason = line.database.transact(act)
    click.echo(
        f"slot {name} holds {content.model} (revision {content.revision}) for new batches; evidence: {reason}"
    )


@slots.command()
@slot_argument
@click.option("--why", default="", help="Recorded with the change.")
@pass_session
def revert(session: Session, slot: str, why: str) -> None:
    """Undo the last switch of SLOT, for new batches and for new shards of running ones.

    Shards that a worker already has are finished with their model. A second revert goes back one more step.
    """
    from records.slots import batch_changes

    name = _slot_name(slot)
    act = partial(batch_changes.revert, slot=name, person=current_actor(), why=why)
    with session.line() as line:
        undone, earlier, changed = line.database.transact(act)
    click.echo(f"slot {name} holds {earlier.content.model} again, no longer {undone.content.model}")
    if changed:
        listed = ", ".join(map(str, changed))
        click.echo(f"new shards of these batches run with it: {listed}")


@slots.command()
@slot_argument
@json_option
@pass_session
def history(session: Session, slot: str, as_json: bool) -> None:
    """List every change of SLOT, oldest first: model, person, evidence and reason."""
    from records.slots import contents

    name = _slot_name(slot)
    with session.line() as line:
        changes = line.database.transact(partial(contents.history, slot=name))
    if not changes:
        raise InputError(f"there is no slot {name}; `sluice slots` lists them")
    _show(f"slot {name}", changes, as_json)


@slots.command()
@click.argument("number", type=int)
@json_option
@pass_session
def match(session: Session, number: int, as_json: bool) -> None:
    """Show the recorded comparison NUMBER, which a switch names as its evidence."""
    from records.slots import matches
    from review.cli import console

    with session.line() as line:
        recorded: Match = line.database.transact(partial(matches.get, match_id=number))
    if as_json:
        console.as_json(
            {
                "match": recorded.id,
                "pictures": recorded.pictures,
                "worse": recorded.worse,
                "sentence": recorded.sentence,
                "person": recorded.person,
                "at": recorded.at,
                "figures": recorded.figures,
            }
        )
        return
    when = f"{recorded.at.astimezone():%Y-%m-%d %H:%M}"
    console.out.print(
        f"match {recorded.id}, {when}, {recorded.person}: {recorded.sentence}", markup=False, soft_wrap=True
    )


def _slot_name(word: str) -> str:
    from line.recipe import SLOT_MARK, SLOT_NAME

    name = word.removeprefix(SLOT_MARK)
    if not SLOT_NAME.fullmatch(name):
        raise InputError(
            f"{word!r} is no name of a slot: use lower-case letters, digits and _, a letter first"
        )
    return name


def _content(session: Session, name: str) -> "Content":
    """The model as a slot is to hold it.

    Raises:
        InputError: there is no such model, it is not ready, or no recipe could name a slot for it.
    """
    from models.task import Task
    from records.slots.contents import Content

    models = session.models.models
    if name not in models:
        raise InputError(f"there is no model {name!r}; `sluice models` lists all models")
    model = models[name]
    if lack := model.missing():
        raise InputError(f"{name} is not ready, so no batch could use it: {lack}")
    if model.task is Task.GENERATE:
        raise InputError(f"{name} needs a prompt, which a recipe gives with the model's own name")
    options = {key: value for key, value in model.checked({}).items() if key != "avoid"}
    return Content(model.task.value, name, model.revision, options)


def _show(title: str, changes: "Iterable[Change]", as_json: bool) -> None:
    from review.cli import console

    documents = [_document(change) for change in changes]
    if as_json:
        console.as_json(documents)
        return
    if not documents:
        console.out.print('no slot is set; a first one: sluice slots set upscaler back_projection --why "…"')
        return
    columns = ("slot", "model", "revision", "since", "by", "evidence", "why")
    lines = [
        (
            f"@{document['slot']}",
            document["model"],
            document["revision"],
            f"{document['at'].astimezone():%Y-%m-%d %H:%M}",
            document["person"].removeprefix("person:"),
            f"reverted to {document['evidence']}" if document["is_revert"] else document["evidence"],
            document["why"],
        )
        for document in documents
    ]
    console.rows(title, columns, lines)


def _document(change: "Change") -> dict[str, Any]:
    return {
        "slot": change.slot,
        "task": change.content.task,
        "model": change.content.model,
        "revision": change.content.revision,
        "evidence": str(change.reason),
        "is_revert": change.is_revert,
        "why": change.reason.why,
        "person": change.reason.person,
        "at": change.at,
    }


COMMANDS = [slots]
