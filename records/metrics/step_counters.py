"""Raises the line's counters of steps, in the transaction that records the steps."""

import math
from bisect import bisect_left
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.metrics.tables import SLOTS, STEP_SECONDS, step_counters
from records.step_results import StepResult, StepRun


def add(connection: sa.Connection, batch_id: int, run: StepRun, results: Sequence[StepResult]) -> None:
    """Add one step of one shard; the batch must be locked, so that its slot is never waited for in a circle."""
    by_bound: dict[float, list[StepResult]] = {}
    for result in results:
        by_bound.setdefault(upper_bound(result.seconds), []).append(result)
    if not by_bound:
        return
    rows = [_row(batch_id, run, bound, by_bound[bound]) for bound in sorted(by_bound)]
    statement = insert(step_counters).values(rows)
    sums = {
        name: step_counters.c[name] + statement.excluded[name]
        for name in ("images", "artifacts", "seconds", "cost")
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["transform", "le", "slot"], set_=sums))


def upper_bound(seconds: float) -> float:
    """The smallest bound of a bucket that is not below ``seconds``; infinity above them all."""
    index = bisect_left(STEP_SECONDS, seconds)
    return STEP_SECONDS[index] if index < len(STEP_SECONDS) else math.inf


def _row(
    batch_id: int, run: StepRun, bound: float, results: Sequence[StepResult]
) -> dict[str, float | int | str]:
    seconds = sum(result.seconds for result in results)
    return {
        "transform": run.transform,
        "le": bound,
        "slot": batch_id % SLOTS,
        "images": len(results),
        "artifacts": sum(result.is_artifact for result in results),
        "seconds": seconds,
        "cost": run.cost_per_second * sum(result.paid_seconds for result in results),
    }
