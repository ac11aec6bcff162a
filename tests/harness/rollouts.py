"""Rollouts under test: recipes with one upscaler, batches that are worked off in this process, and rows to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from records.rollouts import rollout as records
from records.rollouts.rollout import NewRollout, Rollout
from records.rollouts.tables import rollout_pairs, rollouts
from records.tables import shards as shard_table
from scheduler.plan import plan
from tasks.runner.step import StepRunner
from tests.harness import db_builders
from tests.harness.context import context, transact
from tests.harness.line import Line, line
from tests.harness.services import Servers

PLUGINS = '["sabotage", "mishaps", "candidates"]'
RECIPE = """
name = "enlarged"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "lanczos"
target = 192
floor = 32
[[steps]]
transform = "deliver"
[breaker]
threshold = 1.0
[dispatch]
shard_images = 4
"""


@contextmanager
def rollout_line(home: Path, servers: Servers) -> Iterator[Line]:
    """A line whose workers have the candidates of the tests."""
    with line(home, servers, SLUICE_PLUGINS=PLUGINS) as under_test:
        context().transforms  # noqa: B018 - this process needs the candidates too
        yield under_test


def recipe(folder: Path) -> Path:
    path = folder / "enlarged.toml"
    path.write_text(RECIPE)
    return path


def start(candidate: str, *, again: bool = True, **more: Any) -> int:
    """Start a rollout of a candidate beside Lanczos, on all photos."""
    kind = context().model_registry.models.get(candidate)
    values: dict[str, Any] = {"revision": kind.revision if kind else "1", "share": 1.0, "max_latency": 1000.0}
    new = NewRollout("upscale", "lanczos", candidate, **(values | more))
    return transact(partial(records.start, new=new, person="person:ada", again=again))


def get(rollout_id: int) -> Rollout:
    return transact(partial(records.get, rollout_id=rollout_id))


def put(rollout_id: int, **values: Any) -> None:
    """Set columns by hand."""
    statement = sa.update(rollouts).where(rollouts.c.id == rollout_id).values(values)
    transact(lambda connection: connection.execute(statement))


def pair_rows(rollout_id: int) -> list[sa.Row[Any]]:
    query = sa.select(rollout_pairs).where(rollout_pairs.c.rollout_id == rollout_id)
    return transact(lambda connection: list(connection.execute(query.order_by(rollout_pairs.c.image_id))))


def work_off(batch_id: int) -> None:
    """Do all that a batch waits for in this process, as one worker would."""
    db_builders.hire(admit=1, upscale=1, deliver=1)
    runner = StepRunner(context())
    while shard_ids := transact(partial(plan, transforms=context().declarations)):
        for shard_id in shard_ids:
            steps = transact(
                lambda connection, shard_id=shard_id: connection.scalar(  # type: ignore[misc]
                    sa.select(sa.func.cardinality(shard_table.c.route)).where(shard_table.c.id == shard_id)
                )
            )
            for at in range(steps):
                runner.run(shard_id, at, "me@here")


def models_used(under_test: Line, batch_id: int) -> dict[str, str]:
    """The model of the newest enlargement of each image, by its id as text."""
    enlargements = [step for step in under_test.steps(batch_id) if step.transform == "upscale"]
    return {str(step.image_id): str(step.model) for step in enlargements}
