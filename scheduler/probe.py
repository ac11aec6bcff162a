"""The breaker's half-open side: when a probe is back, its batch goes on or halts again."""

import logging

import sqlalchemy as sa

from line.breaker import after_probe
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
