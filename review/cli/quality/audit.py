"""``sluice audit``: the red flags of recipes and of this installation."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from review.cli import complete
from review.cli.options import json_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from review.audit.contract import RedFlag
    from review.audit.subject import Installation, RecordedModels

FATAL_FOUND = 3
"""Exit code where a red flag is fatal."""


@click.command()
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...", shell_complete=complete.recipes)
@json_option
@pass_session
def audit(session: Session, recipes: tuple[str, ...], as_json: bool) -> None:
    """List the red flags of RECIPEs and of this installation, each with why it matters and what to do.

    Without RECIPE the shipped recipes are audited. Exit code 3 if a red flag is fatal.
    """
    from gates.contract import registry as gates
    from line.recipe import shipped
    from models.weights.manifest import all_weights
    from review.audit import contract
    from review.audit.subject import Parts, audited
    from tasks.context import Context

    context, weights = Context(session.settings), session.settings.weights_folder
    parts = Parts(context.transforms, gates(), context.model_registry, all_weights(weights))
    names = recipes or tuple(shipped())
    shipped_recipes = tuple(context.recipe(name) for name in shipped())
    checks = contract.build()
    in_use, installation = _recorded(session)
    flags = [
        flag
        for name in names
        for flag in contract.audit(checks, audited(name, parts, shipped_recipes, in_use))
    ]
    flags += contract.audit(checks, installation)
    _show(flags, names, len(checks.items), as_json)
    if any(flag.level is contract.Level.FATAL for flag in flags):
        raise click.exceptions.Exit(FATAL_FOUND)


def _recorded(session: Session) -> "tuple[RecordedModels, Installation]":
    """What is on record, and this installation. Nothing is started where nothing was recorded yet."""
    from review.audit import installation
    from review.audit.subject import Installation, RecordedModels
    from worker import topology

    layout = topology.load(session.settings.config)
    listeners = tuple(installation.listeners())
    if not session.has_records:
        return RecordedModels(), Installation(layout, listeners)
    with session.line() as line:
        models = line.database.transact(installation.recorded_models)
        facts = line.database.transact(lambda records: installation.recorded_facts(records, line.bucket))
    return models, Installation(layout, listeners, facts)


def _show(flags: "list[RedFlag]", names: tuple[str, ...], checks: int, as_json: bool) -> None:
    from review.cli import console

    counts = Counter(flag.level.value for flag in flags)
    if as_json:
        console.as_json(
            {
                "recipes": list(names),
                "checks": checks,
                "fatal": counts["fatal"],
                "warnings": counts["warning"],
                "red_flags": [asdict(flag) for flag in flags],
            }
        )
        return
    for flag in flags:
        colour = "red" if flag.level == "fatal" else "yellow"
        console.out.print(f"[{colour}]{flag.level.upper()}[/]  [bold]{flag.check}[/]", end="  ")
        console.out.print(f"{flag.subject}: {flag.where}", markup=False)
        for word, sentence in (("found", flag.sentence), ("why", flag.why), ("do", flag.remedy)):
            console.out.print(f"  {word + ':':7}{sentence}", markup=False, soft_wrap=True)
        console.out.print()
    warnings = "1 warning" if counts["warning"] == 1 else f"{counts['warning']} warnings"
    console.out.print(
        f"{counts['fatal']} fatal, {warnings}; {checks} checks of this installation and of {', '.join(names)}"
    )


COMMANDS = [audit]
