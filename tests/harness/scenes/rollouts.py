"""Rollouts under test: recipes with one upscaler, batches that are worked off in this process, and rows to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from imaging import intermediate
from records import outcomes
from records.rollouts import pairs
from records.rollouts import rollout as records
from records.rollouts.pairs import CandidateRun, Outcome, Pair
from records.rollouts.rollout import NewRollout, Rollout
from records.rollouts.tables import rollout_pairs, rollouts
from records.shards import Claim
from records.step_results import ModelUsed
from records.tables import shards as shard_table
from scheduler.plan import plan
from tasks.runner.step import StepRunner
from tests.harness import db_builders
from tests.harness.context import bucket, context, transact
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


LEVELS = {"input": 40, "incumbent": 110, "candidate": 200}
"""Grey level of each picture of a pair."""


@contextmanager
def rollout_line(home: Path, servers: Servers, **more: str) -> Iterator[Line]:
    """A line whose workers have the candidates of the tests."""
    with line(home, servers, SLUICE_PLUGINS=PLUGINS, **more) as under_test:
        yield under_test


def recipe(folder: Path) -> Path:
    path = folder / "enlarged.toml"
    path.write_text(RECIPE)
    return path


def start(candidate: str, *, incumbent: str = "lanczos", again: bool = True, **more: Any) -> int:
    """Start a rollout of a candidate beside another upscaler, on all photos."""
    kind = context().model_registry.models.get(candidate)
    values: dict[str, Any] = {"revision": kind.revision if kind else "1", "share": 1.0, "max_latency": 1000.0}
    new = NewRollout("upscale", incumbent, candidate, **(values | more))
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
    hire = partial(db_builders.hire, admit=1, upscale=1, deliver=1)
    hire()
    runner = StepRunner(context())
    while shard_ids := transact(partial(plan, transforms=context().declarations)):
        for shard_id in shard_ids:
            hire()  # again: a slow machine takes longer for a shard than a worker may be silent
            steps = transact(
                lambda connection, shard_id=shard_id: connection.scalar(  # type: ignore[misc]
                    sa.select(sa.func.cardinality(shard_table.c.route)).where(shard_table.c.id == shard_id)
                )
            )
            for at in range(steps):
                runner.run(shard_id, at, "me@here")
                hire()


def models_used(under_test: Line, batch_id: int) -> dict[str, str]:
    """The model of the newest enlargement of each image, by its id as text."""
    enlargements = [step for step in under_test.steps(batch_id) if step.transform == "upscale"]
    return {str(step.image_id): str(step.model) for step in enlargements}


def end_all() -> None:
    """Every rollout is over, and no shard is open."""
    db_builders.execute(
        "UPDATE rollouts SET state = 'rolled_back', decided_at = now(), cleared_at = now() WHERE state <> 'rolled_back'"
    )
    db_builders.execute("UPDATE shards SET state = 'done', lease_until = NULL WHERE state = 'open'")


def begin_at_sabotage(**more: object) -> int:
    """A rollout at the step of the records' builders."""
    values = {"revision": "1", "step": "sabotage"} | more
    new = records.NewRollout(incumbent="plain", candidate="other", **values)  # type: ignore[arg-type]
    return transact(partial(records.start, new=new, person="person:ada", again=True))


def claimed(images: int = 4) -> Claim:
    """A shard that is claimed for its second step."""
    shard = db_builders.shard(db_builders.batch(images))
    db_builders.finish(db_builders.claim(shard))
    return db_builders.claim(shard, 1)


def begun(number: int, claim: Claim) -> frozenset[int]:
    ids = [image.id for image in claim.images]
    current = get(number)
    return transact(partial(pairs.begin, rollout=current, claim=claim, image_ids=ids))


def run_of(
    number: int, claim: Claim, *, worse: int = 0, seconds: float = 1.0, fault: str = ""
) -> CandidateRun:
    """The first images are worse, the others equal; the model in use takes a second for each."""
    compared = [
        Pair(image.id, Outcome.WORSE if index < worse else Outcome.EQUAL, 1.0, seconds, "gate.reading")
        for index, image in enumerate(claim.images)
    ]
    return CandidateRun(number, tuple(compared), fault)


def finish(claim: Claim, run: CandidateRun, *, shipping: bool = False) -> None:
    results = db_builders.results(claim)
    if shipping:
        used = ModelUsed("other", "1", {}, run.rollout_id)
        results = [replace(result, used=used) for result in results]
    step = db_builders.ran(claim)
    transact(lambda connection: outcomes.finish(connection, claim, step, results, run))


def stored(store: str, number: int, count: int) -> list[int]:
    """So many pairs whose pictures are stored, and the candidate's goes on; answers their images."""
    claim = claimed(count)
    begun(number, claim)
    keys = {
        name: bucket(store).keep(intermediate.encode_rgb(np.full((60, 90, 3), level, np.uint8)), ".qoi")
        for name, level in LEVELS.items()
    }
    compared = [
        Pair(
            image.id, Outcome.EQUAL, 1, 1,
            input=keys["input"], incumbent_output=keys["incumbent"], candidate_output=keys["candidate"],
        )
        for image in claim.images
    ]  # fmt: skip
    finish(claim, CandidateRun(number, tuple(compared)), shipping=True)
    return [image.id for image in claim.images]


def with_pairs(store: str, count: int, **more: object) -> int:
    """A rollout at the step of the records' builders, with so many stored pairs."""
    number = begin_at_sabotage(**more)
    stored(store, number, count)
    return number
