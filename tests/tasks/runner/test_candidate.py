"""A candidate runs beside the model in use, on the same bytes, and never in its way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from line.states import RolloutState
from models.contract import Task
from tests.harness import db_builders
from tests.harness.context import bucket, models, settings, transact
from tests.harness.line import Line, photos
from tests.harness.scenes import rollouts
from tests.harness.services import Servers

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def under_test(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    home = tmp_path_factory.mktemp("candidate")
    with rollouts.rollout_line(
        home, servers, SLUICE_LEASE_SECONDS="60"
    ) as started:  # this process may be slow
        yield started


@pytest.fixture
def batch(under_test: Line, tmp_path: Path) -> Iterator[int]:
    """A batch of eight small photos, of which the ruiner ruins two; rollouts of earlier tests are over."""
    yield under_test.submit(photos(tmp_path / tmp_path.name, 8), rollouts.recipe(tmp_path))
    db_builders.execute(
        "UPDATE rollouts SET state = 'rolled_back', decided_at = now() WHERE state <> 'rolled_back'"
    )


def delivered(batch: int) -> int:
    return db_builders.states(batch).get("delivered", 0)


def test_in_shadow_the_picture_of_the_model_in_use_goes_on_and_both_are_counted(
    under_test: Line, batch: int
) -> None:
    number = rollouts.start("twin")
    rollouts.work_off(batch)
    after = rollouts.get(number)
    assert (after.state, after.equal, after.pairs) == (RolloutState.SHADOW, 8, 8)
    assert after.candidate_seconds > 0
    assert set(rollouts.models_used(under_test, batch).values()) == {"lanczos"}
    assert delivered(batch) == 8
    assert [row.is_shipped for row in rollouts.pair_rows(number)] == [False] * 8


def test_in_the_ramp_the_candidates_picture_goes_on_and_is_recorded_as_its_own(
    under_test: Line, batch: int
) -> None:
    number = rollouts.start("twin")
    rollouts.put(number, state="ramp")
    rollouts.work_off(batch)
    enlargements = [step for step in under_test.steps(batch) if step.transform == "upscale"]
    assert {(step.model, step.revision, step.rollout_id) for step in enlargements} == {("twin", "1", number)}
    assert delivered(batch) == 8
    assert all(row.is_shipped for row in rollouts.pair_rows(number))


def test_in_the_ramp_a_picture_that_the_gates_flag_gives_way_to_that_of_the_model_in_use(
    under_test: Line, batch: int
) -> None:
    number = rollouts.start("ruiner")
    rollouts.put(number, state="ramp")
    rollouts.work_off(batch)
    rows = {row.image_id: row.outcome for row in rollouts.pair_rows(number)}
    used = rollouts.models_used(under_test, batch)
    assert sorted(rows.values()) == ["equal"] * 6 + ["worse"] * 2
    assert {used[str(image)] for image, outcome in rows.items() if outcome == "worse"} == {"lanczos"}
    assert {used[str(image)] for image, outcome in rows.items() if outcome == "equal"} == {"ruiner"}
    assert delivered(batch) == 8


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [("crasher", "crash: upscale failed: ValueError: odd weights"), ("glutton", "out of memory")],
)
@pytest.mark.parametrize("state", ["shadow", "ramp"])
def test_a_fault_stops_the_candidate_at_once_and_no_photo_suffers(
    under_test: Line, batch: int, candidate: str, reason: str, state: str
) -> None:
    number = rollouts.start(candidate)
    rollouts.put(number, state=state)
    rollouts.work_off(batch)
    after = rollouts.get(number)
    assert (after.state, after.decided_by) == (RolloutState.ROLLED_BACK, "breaker")
    assert after.reason.startswith(reason)
    assert len(rollouts.pair_rows(number)) == 4  # of the first shard alone
    assert set(rollouts.models_used(under_test, batch).values()) == {"lanczos"}
    assert delivered(batch) == 8


def test_a_candidate_that_takes_too_long_is_stopped(under_test: Line, tmp_path: Path, batch: int) -> None:
    number = rollouts.start("sloth", max_latency=2.0)
    rollouts.put(number, equal=16, incumbent_seconds=1.6, candidate_seconds=1.6)
    rollouts.work_off(batch)
    after = rollouts.get(number)
    assert (after.state, after.decided_by) == (RolloutState.ROLLED_BACK, "breaker")
    assert "times as long as lanczos, at most 2 is allowed" in after.reason
    assert delivered(batch) == 8


def test_other_weights_than_those_that_were_started_are_a_fault(under_test: Line, batch: int) -> None:
    number = rollouts.start("twin", revision="2")
    rollouts.work_off(batch)
    assert rollouts.get(number).reason.startswith("other weights: revision 1")
    assert delivered(batch) == 8


def test_a_reading_that_the_candidates_result_lacks_is_a_missing_gate(
    under_test: Line, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gates.contract import Verdict
    from tasks.runner.execute import execute as judged
    from tasks.runner.types import Attempt, Loaded, PreparedStep

    def unjudged(prepared: PreparedStep, loaded: list[Loaded]) -> list[Attempt]:
        return [
            Attempt(attempt.loaded, attempt.outcome, Verdict({}), attempt.seconds)
            for attempt in judged(prepared, loaded)
        ]

    number = rollouts.start("twin")
    monkeypatch.setattr("tasks.runner.candidate.execute", unjudged)
    rollouts.work_off(batch)
    assert rollouts.get(number).reason.startswith("missing gate: no reading of ")
    assert delivered(batch) == 8


def test_a_candidate_whose_weights_are_not_here_makes_no_pair_and_says_so(
    under_test: Line, batch: int
) -> None:
    number = rollouts.start("absent")
    rollouts.work_off(batch)
    assert rollouts.get(number).state is RolloutState.SHADOW
    assert rollouts.pair_rows(number) == []
    trouble = db_builders.execute("SELECT sentence FROM troubles WHERE kind = 'rollout'").scalars().all()
    assert any("absent is not ready: put its weights there" in sentence for sentence in trouble)
    assert delivered(batch) == 8


def test_a_promoted_candidate_runs_alone_in_place_of_the_model_in_use(under_test: Line, batch: int) -> None:
    number = rollouts.start("twin")
    rollouts.put(number, state="promoted")
    rollouts.work_off(batch)
    assert set(rollouts.models_used(under_test, batch).values()) == {"twin"}
    assert {step.rollout_id for step in under_test.steps(batch) if step.transform == "upscale"} == {number}
    assert rollouts.pair_rows(number) == []


def test_one_pair_in_twenty_is_stored_with_the_pictures_that_both_made(
    under_test: Line, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records.rollouts import blind, choice

    monkeypatch.setattr(choice, "BLIND_SHARE", 1.0)
    number = rollouts.start("twin")
    rollouts.work_off(batch)
    questions = [each for each in transact(blind.questions) if each.rollout_id == number]
    assert len(questions) == 8
    store = bucket(settings().bucket)
    for question in questions:
        assert len({store.get(key) for key in (question.input, question.left, question.right)}) == 3


def test_the_candidates_of_the_tests_are_upscalers() -> None:
    from tests.plugins import candidates

    assert {model.name for model in candidates.MODELS} <= set(models().of_task(Task.UPSCALE))
