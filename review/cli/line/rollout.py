"""``sluice rollout``: a candidate model beside the model in use."""

from typing import Any

import click

from review.cli import complete
from review.cli.options import json_option, recipe_option
from review.cli.session import Session, pass_session

rollout_argument = click.argument("number", type=int, metavar="ROLLOUT")


@click.group()
def rollout() -> None:
    """Try a CANDIDATE model beside the model in use: start, status, promote, rollback.

    First both models run on a share of the photos, and the gates judge both results; only the picture of the model
    in use goes on (shadow). If the candidate proves harmless, its pictures go on for a growing share (ramp), and then
    for all (promoted). If it proves worse, crashes, runs out of memory or is too slow, it is rolled back, and photos
    that went on with it are processed again.

    \b
    Example: sluice rollout start --step upscale --candidate span_x2 --max-latency 20
    """


@rollout.command()
@click.option(
    "--step",
    required=True,
    shell_complete=complete.steps,
    help="The step whose model is compared, such as upscale.",
)
@click.option("--candidate", required=True, shell_complete=complete.models, help="The model to try.")
@recipe_option
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="Share of the photos that go through both models in shadow.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.02,
    show_default=True,
    help="Maximum rise of the artifact rate that counts as harmless (0..1).",
)
@click.option(
    "--max-latency",
    type=click.FloatRange(0, min_open=True),
    default=2.0,
    show_default=True,
    help="Maximum time of the candidate, as a multiple of that of the model in use.",
)
@click.option(
    "--max-pairs",
    type=click.IntRange(1),
    default=4000,
    show_default=True,
    help="Number of compared photos after which a person decides.",
)
@click.option("--again", is_flag=True, help="Try weights that were rolled back before again.")
@pass_session
def start(session: Session, /, recipe: str, again: bool, **options: Any) -> None:
    """Start a rollout at a step.

    It holds for all recipes whose step uses the same model as that of --recipe. Photos are chosen by a hash, so that a
    restart chooses the same ones.
    """
    from functools import partial

    from records.rollouts import rollout as records
    from review.cli.person import current_actor
    from review.experiments.new_rollout import new_rollout

    with session.line() as line:
        new = new_rollout(line, recipe, **options)
        begin = partial(records.start, new=new, person=current_actor(), again=again)
        number = line.database.transact(begin)
    click.echo(
        f"rollout {number}: {new.candidate} beside {new.incumbent} at {new.step}, in shadow on {new.share:.0%} of "
        "the photos"
    )


@rollout.command()
@click.argument("number", type=int, required=False, metavar="[ROLLOUT]")
@json_option
@pass_session
def status(session: Session, number: int | None, as_json: bool) -> None:
    """Show rollouts and their evidence.

    One line each: the number of compared photos, the change of the artifact rate with its interval, and the evidence
    so far beside the evidence needed. With ROLLOUT also the reasons of its flagged photos.
    """
    from records.rollouts import pairs
    from records.rollouts import rollout as records
    from review.cli import console
    from scheduler.rollout.summary import Summary

    with session.line() as line, line.database.engine.connect() as connection:
        listed = records.listed(connection) if number is None else [records.get(connection, number)]
        summaries = [Summary.of(connection, each) for each in listed]
        reasons = pairs.outcomes(connection, number) if number is not None else []
    if as_json:
        flagged = [dict(row._mapping) for row in reasons if row.reason]
        documents = [summary.as_dict() for summary in summaries]
        console.as_json(documents if number is None else documents[0] | {"reasons": flagged})
        return
    if not summaries:
        click.echo("no rollout was started; `sluice rollout start --help` tells how")
    for summary in summaries:
        current = summary.rollout
        share = f", {current.share:.0%} of the photos" if current.decided_at is None else ""
        click.echo(f"rollout {current.id}  {current.step}  {current.state.value}{share}")
        click.echo(f"  {summary.line}")
        if current.reason:
            click.echo(f"  {current.decided_by or 'evidence'}: {current.reason}")
        if summary.shipped:
            click.echo(f"  {summary.shipped} photos went on with {current.candidate}")
    for row in reasons:
        if row.reason:
            click.echo(f"  {row.pairs} {row.outcome}: {row.reason}")


@rollout.command()
@rollout_argument
@click.option("--unsafe", is_flag=True, help="Promote from shadow too, where nothing is proven yet.")
@pass_session
def promote(session: Session, number: int, unsafe: bool) -> None:
    """Use the candidate in place of the model in use.

    It is used from the next shard on. This decides an inconclusive rollout, or ends a ramp early. Slots that hold the
    model in use hold the candidate from then on.
    """
    from functools import partial

    from line.errors import InputError
    from line.states import RolloutState
    from records.slots import promotions

    old = [RolloutState.RAMP, RolloutState.INCONCLUSIVE, *([RolloutState.SHADOW] if unsafe else [])]
    current = _decide(session, number, old, RolloutState.PROMOTED, "a person promoted it")
    if current is RolloutState.SHADOW:
        raise InputError(
            f"rollout {number} is in shadow, and the candidate is not proven harmless: wait, or add --unsafe"
        )
    if current is not None:
        raise InputError(
            f"rollout {number} is {current.value}; one that is in ramp or inconclusive is promoted"
        )
    click.echo(f"rollout {number}: promoted")
    with session.line() as line:
        held = line.database.transact(partial(promotions.holding, rollout_id=number))
    if held:
        click.echo(f"the candidate is now what these slots hold: {', '.join(f'@{slot}' for slot in held)}")


@rollout.command()
@rollout_argument
@pass_session
def rollback(session: Session, number: int) -> None:
    """Stop the candidate and redo its photos.

    New shards use the model in use, and every photo that went on with the candidate is processed again. Delivered
    files of such photos are deleted until they are delivered again. Slots that held the candidate because it was
    promoted hold the model before it again.
    """
    from line.errors import InputError
    from line.states import RolloutState

    old = [state for state in RolloutState if state is not RolloutState.ROLLED_BACK]
    if _decide(session, number, old, RolloutState.ROLLED_BACK, "a person rolled it back") is not None:
        raise InputError(f"rollout {number} is rolled back already")
    click.echo(f"rollout {number}: rolled back; a running scheduler sends its photos round again")


def _decide(session: Session, number: int, old: list[Any], new: Any, reason: str) -> Any:
    """Move a rollout in the name of the current user; its state where that is none of ``old``, else None."""
    from functools import partial

    from records.rollouts import rollout as records
    from review.cli.person import current_actor

    with session.line() as line:
        transact = line.database.transact
        current = transact(partial(records.get, rollout_id=number))
        act = partial(records.move, rollout_id=number, old=old, new=new, by=current_actor(), reason=reason)
        return None if transact(act) else current.state


COMMANDS = [rollout]
