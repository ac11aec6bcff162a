"""Rollouts on real workers: a bad candidate is rolled back whatever is killed, and no customer gets its pictures."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from line.states import RolloutState
from tests.harness import db_builders
from tests.harness.line import Line, photos
from tests.harness.scenes import rollouts
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]

QUEUES = ("admit", "upscale", "deliver")


@pytest.fixture
def trying(tmp_path: Path, servers: Servers) -> Iterator[Line]:
    """A line whose workers have the candidates of the tests."""
    with rollouts.rollout_line(tmp_path / "line", servers) as under_test:
        yield under_test


def until_rolled_back(trying: Line, number: int) -> None:
    trying.until(
        lambda: rollouts.get(number).state is RolloutState.ROLLED_BACK, f"rollout {number} is rolled back"
    )


def assert_counted_once(number: int) -> None:
    """The counters are those of the pairs, each photo once; counters stay as they were at the decision."""
    after = rollouts.get(number)
    rows = Counter(row.outcome for row in rollouts.pair_rows(number))
    assert after.pairs > 0
    assert all(getattr(after, outcome) <= rows[outcome] for outcome in ("worse", "better", "equal"))
    images = [row.image_id for row in rollouts.pair_rows(number)]
    assert len(images) == len(set(images))


def test_in_shadow_a_candidate_that_ruins_every_eighth_photo_is_rolled_back_and_nothing_ships_with_it(
    trying: Line, tmp_path: Path
) -> None:
    number = rollouts.start("ruiner")
    trying.start(workers=2, queues=QUEUES)
    batch = trying.submit(photos(tmp_path / "upload", 90), rollouts.recipe(tmp_path))
    trying.until(lambda: rollouts.get(number).pairs >= 8, "some photos went through both models")
    trying.kill("test-")
    trying.kill("scheduler")
    before = rollouts.get(number)
    rows = Counter(row.outcome for row in rollouts.pair_rows(number))
    assert (before.worse, before.better, before.equal) == (rows["worse"], rows["better"], rows["equal"])
    trying.start(workers=2, schedulers=2, queues=QUEUES)

    until_rolled_back(trying, number)
    done = trying.wait(batch)
    after = rollouts.get(number)
    assert after.decided_by == "evidence"
    assert after.reason.startswith(f"worse on {after.pairs} pairs: ")
    assert_counted_once(number)
    assert done["by_state"]["delivered"] == 90
    assert {step.rollout_id for step in trying.steps(batch)} == {None}
    assert set(rollouts.models_used(trying, batch).values()) == {"lanczos"}


def test_in_the_ramp_photos_that_shipped_with_a_bad_candidate_are_requeued(
    trying: Line, tmp_path: Path
) -> None:
    rules = rollouts.recipe(tmp_path)
    number = rollouts.start("ruiner")
    rollouts.put(number, state="ramp")
    trying.start(workers=2, queues=QUEUES)
    first = trying.submit(photos(tmp_path / "first", 26, start=17), rules)
    trying.wait(first)
    shipped = [image for image, model in rollouts.models_used(trying, first).items() if model == "ruiner"]
    before = trying.delivered(first)
    assert len(shipped) == 24  # the gates stopped the two that it ruined, and the model in use stood in
    second = trying.submit(photos(tmp_path / "second", 44), rules, vendor="zenith")

    until_rolled_back(trying, number)
    trying.kill("scheduler")  # whoever was about to requeue them
    trying.start(workers=0, schedulers=2)
    trying.until(lambda: rollouts.get(number).cleared_at is not None, "no photo of the candidate is left")
    for batch, count in ((first, 26), (second, 44)):
        done = trying.wait(batch)
        assert done["by_state"]["delivered"] == count
        assert set(rollouts.models_used(trying, batch).values()) == {"lanczos"}
    actors = db_builders.execute(
        "SELECT DISTINCT image_id FROM events WHERE actor = :actor AND old = 'delivered' AND batch_id = :batch",
        actor=f"rollout:{number}",
        batch=first,
    )
    assert sorted(actors.scalars()) == sorted(map(int, shipped))
    after = trying.delivered(first)
    assert after.keys() == before.keys()
    assert sum(after[file] != before[file] for file in after) == 24


def test_a_candidate_that_kills_its_process_is_rolled_back_and_every_photo_is_delivered(
    trying: Line, tmp_path: Path
) -> None:
    number = rollouts.start("killer")
    trying.start(workers=2, queues=QUEUES)
    batch = trying.submit(photos(tmp_path / "upload", 12), rollouts.recipe(tmp_path))
    until_rolled_back(trying, number)
    assert rollouts.get(number).reason == "crash: the process that ran it died"
    assert trying.wait(batch)["by_state"]["delivered"] == 12
