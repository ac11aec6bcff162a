"""A slot is reverted while a batch runs: what a running scheduler plans from then on has the earlier model."""

import time
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from records import recipes
from records.slots import batch_changes, contents
from records.slots.contents import Content, Evidence, Reason
from tasks.recipes import check
from tests.harness import db_builders
from tests.harness.context import models, registry, transact
from tests.harness.line import Line

pytestmark = pytest.mark.services

QUEUES = ("admit", "upscale", "deliver")
RECIPE = """
name = "slotted"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "@{slot}"
[[steps]]
transform = "deliver"
[dispatch]
shard_images = 2
window = 2
"""


def hire() -> None:
    """One worker for all steps; it signs on again and again, as a live one does."""
    db_builders.hire(**dict.fromkeys(QUEUES, 1))


def put(slot: str, model: str) -> None:
    content, reason = Content("upscale", model, "1", {}), Reason("person:ada", "", Evidence.UNSAFE)
    transact(partial(contents.put, slot=slot, content=content, reason=reason))


def model_of(digest: str) -> str | None:
    return transact(partial(recipes.load, digest=digest)).steps[1].model


def seconds_to_revert(sluice: Line, batch: int, slot: str) -> float:
    """Revert a slot, end the oldest shard, and answer the time from the revert to the next shard (s)."""
    before = {row.id for row in db_builders.open_shards(batch)}
    started = time.monotonic()
    transact(partial(batch_changes.revert, slot=slot, person="person:ada", why="too soft"))
    db_builders.through(min(before))

    def planned() -> list[str]:
        hire()
        return [row.recipe for row in db_builders.open_shards(batch) if row.id not in before]

    new = sluice.until(planned, "the scheduler plans another shard")
    elapsed = time.monotonic() - started
    assert {model_of(digest) for digest in new} == {"lanczos"}
    return elapsed


def test_the_next_shard_after_a_revert_has_the_earlier_model(sluice: Line, tmp_path: Path) -> None:
    slot = f"slot_{uuid4().hex[:8]}"
    put(slot, "lanczos")
    put(slot, "back_projection")
    asked = check(RECIPE.format(slot=slot), "slotted.toml", registry(), models())
    tasks = {"admit": None, "upscale": "upscale", "deliver": "subject"}
    resolved = transact(partial(contents.resolve, recipe=asked, tasks=tasks))
    transact(partial(recipes.save, recipe=resolved))
    hire()
    batch = db_builders.batch(24, resolved)
    sluice.start(workers=0)

    def is_full() -> bool:
        hire()
        return len(db_builders.open_shards(batch)) >= 2

    sluice.until(is_full, "the window is full")
    assert {model_of(row.recipe) for row in db_builders.open_shards(batch)} == {"back_projection"}
    seconds_to_revert(sluice, batch, slot)
