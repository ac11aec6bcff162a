"""Triage of batches that were sabotaged by a model or a value of the recipe: what it names is what was done."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from line.states import TRYING, RolloutState
from records import batches
from records.rollouts.rollout import move
from review.triage.report import Triage, triage
from tests.harness import db_builders
from tests.harness.context import context, transact
from tests.harness.line import Line, line, photos
from tests.harness.scenes import rollouts
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.slow]

RECIPE = """
name = "{name}"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "{model}"
target = 320
floor = 32
[[steps]]
transform = "deliver"
{deliver}
[breaker]
threshold = 0.15
min_judged = 6
[dispatch]
shard_images = 4
"""


@pytest.fixture(scope="module")
def under_test(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    """A line that has the saboteurs."""
    with line(tmp_path_factory.mktemp("triage"), servers, SLUICE_PLUGINS='["saboteurs"]') as started:
        context().transforms  # noqa: B018 - this process needs the saboteurs too
        yield started


def triaged(under_test: Line, folder: Path, model: str = "back_projection", deliver: str = "") -> Triage:
    """Triage of a batch of eight photos, with which the line went as far as it could."""
    path = folder / "sabotaged.toml"
    path.write_text(RECIPE.format(name=folder.name, model=model, deliver=deliver))
    batch = under_test.submit(photos(folder / "upload", 8, size=(160, 120)), path)
    rollouts.work_off(batch)
    assert db_builders.head(batch).state == "halted" or db_builders.states(batch) == {"failed": 8}
    return triage(context(), batch, person="person:ada", size=4, progress=lambda what: None)


@pytest.mark.parametrize(
    "model", ["half_pixel", "wrong_profile", "previous", "swapped", "neighbour", "fails_on_landscape"]
)
def test_a_model_that_spoils_pictures_is_named_and_replaced_by_the_default(
    model: str, under_test: Line, tmp_path: Path
) -> None:
    result = triaged(under_test, tmp_path, model)
    assert result.diagnosis is not None
    assert not result.diagnosis.is_gone
    (change,) = result.changes
    assert (change.transform, change.before, change.after) == ("upscale", model, "back_projection")


def test_two_causes_at_two_steps_are_both_named(under_test: Line, tmp_path: Path) -> None:
    result = triaged(under_test, tmp_path, "swapped", "quality = 30\nmin_quality = 30")
    named = {(change.transform, change.key): change.after for change in result.changes}
    assert named == {("upscale", "model"): "back_projection", ("deliver", "quality"): 92}
    assert result.diagnosis is not None
    assert result.diagnosis.best is not None
    assert result.diagnosis.best.fixed == result.diagnosis.failing


def test_a_promoted_candidate_that_spoils_pictures_is_to_be_rolled_back(
    under_test: Line, tmp_path: Path
) -> None:
    rollout = rollouts.start("swapped", incumbent="back_projection")
    promote = partial(
        move, rollout_id=rollout, old=TRYING, new=RolloutState.PROMOTED, by="person:ada", reason=""
    )
    assert transact(promote)
    try:
        result = triaged(under_test, tmp_path)
    finally:
        rollouts.end_all()
    (change,) = result.changes
    assert (change.transform, change.before, change.after) == ("upscale", "swapped", "back_projection")
    assert (result.rollbacks, result.fix) == ((rollout,), None)


def test_the_values_of_the_last_batch_that_ran_well_come_before_those_of_the_line(
    under_test: Line, tmp_path: Path
) -> None:
    path = tmp_path / "sabotaged.toml"
    path.write_text(RECIPE.format(name=tmp_path.name, model="lanczos", deliver=""))
    earlier = under_test.submit(photos(tmp_path / "earlier", 1, size=(160, 120)), path)
    rollouts.work_off(earlier)
    assert transact(partial(batches.close, batch_id=earlier))
    (change,) = triaged(under_test, tmp_path, "swapped").changes
    assert (change.before, change.after) == ("swapped", "lanczos")
