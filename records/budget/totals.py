"""Sums over the steps of each batch: images, artifacts, seconds and cost by transform."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.budget.tables import step_totals
from records.step_results import StepResult, StepRun


@dataclass(frozen=True, slots=True)
class StepTotal:
    """Sums over all runs of one transform in one batch."""

    transform: str
    images: int
    artifacts: int
    seconds: float
    cost: float

    @property
    def cost_per_thousand(self) -> float:
        """Cost of a thousand images, in the currency of the topology file."""
        return 1000 * self.cost / self.images if self.images else 0.0

    @property
    def artifact_rate(self) -> float:
        return self.artifacts / self.images if self.images else 0.0


def add(connection: sa.Connection, batch_id: int, run: StepRun, results: Sequence[StepResult]) -> None:
    """Add one step of one shard, in the transaction that records it; the batch must be locked."""
    seconds = sum(result.seconds for result in results)
    statement = insert(step_totals).values(
        batch_id=batch_id,
        transform=run.transform,
        images=len(results),
        artifacts=sum(result.is_artifact for result in results),
        seconds=seconds,
        cost=run.cost_per_second * sum(result.paid_seconds for result in results),
    )
    sums = {
        name: step_totals.c[name] + statement.excluded[name]
        for name in ("images", "artifacts", "seconds", "cost")
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["batch_id", "transform"], set_=sums))


def of_batch(connection: sa.Connection, batch_id: int) -> list[StepTotal]:
    """The totals of a batch, the dearest transform first."""
    query = sa.select(step_totals).where(step_totals.c.batch_id == batch_id)
    rows = connection.execute(query.order_by(step_totals.c.cost.desc(), step_totals.c.transform))
    return [StepTotal(row.transform, row.images, row.artifacts, row.seconds, row.cost) for row in rows]
