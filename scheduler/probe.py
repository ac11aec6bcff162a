"""The breaker's half-open side: when a probe is back, its batch goes on or halts again."""

import logging

import sqlalchemy as sa

from line.breaker import after_probe
from line.errors import InputError
from line.states import BatchState
from records import batches, recipes

log = logging.getLogger(__name__)


def resume(connection: sa.Connection, batch_id: int) -> int:
    """Send a probe of a halted batch; answers how many images it has.

    Raises:
        InputError: the batch is not halted.
    """
    batch = batches.get(connection, batch_id)
    size = recipes.load(connection, batch.recipe).breaker.probe
    return batches.probe(connection, batch_id, size)


def change_recipe(connection: sa.Connection, batch_id: int, prefix: str, person: str) -> int | None:
    """Let new shards of a batch run by another recipe; answers the position of the first step that it changes.

    Args:
        prefix: first characters of the recipe's digest.

    Raises:
        InputError: there is no such recipe with the same steps.
    """
    batch = batches.lock(connection, batch_id)
    other = recipes.of_prefix(connection, prefix)
    in_effect = recipes.in_effect(connection, batch_id).get((batch_id, batch.recipe), batch.recipe)
    recipes.replace(connection, batch_id, batch.recipe, other, person=person, why="proposed by triage")
    return recipes.first_difference(recipes.load(connection, in_effect), other)


def roll_forward(connection: sa.Connection, batch_id: int, prefix: str, person: str) -> int:
    """Send a probe of a halted batch by another recipe; answers how many images it has.

    A batch that is done has nothing to probe: what goes round again runs by the recipe.

    Raises:
        InputError: the batch is running, or there is no such recipe with the same steps.
    """
    batch = batches.lock(connection, batch_id)
    if batch.state not in (BatchState.HALTED, BatchState.DONE):
        raise InputError(f"batch {batch_id} is {batch.state}, not halted: sluice halt {batch_id} first")
    position = change_recipe(connection, batch_id, prefix, person)
    if position is not None:
        recipes.go_back(connection, batch_id, position)
    return resume(connection, batch_id) if batch.state == BatchState.HALTED else 0


def conclude(connection: sa.Connection) -> None:
    """Act on every probe that is back."""
    for batch in batches.open_ones(connection):
        if batch.state != BatchState.PROBING or not batches.probe_is_back(connection, batch.id):
            continue
        rule = recipes.load(connection, batch.recipe).breaker
        verdict = after_probe(batch.counts, rule.rule)
        log.info(
            "batch %d: probe is back, %d of %d artifacts: %s",
            batch.id,
            batch.artifacts,
            batch.judged,
            verdict,
            extra={"batch": batch.id},
        )
        batches.conclude_probe(connection, batch.id, verdict, rule.probe)
