"""Slots follow a rollout: they hold a promoted candidate, and the model before it once it is rolled back."""

from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest

from line.states import RolloutState
from records.rollouts import rollout as records
from records.rollouts.in_force import ModelInForce, in_force
from records.slots import batch_changes, contents, promotions
from records.slots.contents import Content, Evidence, Reason
from tests.harness.context import transact
from tests.harness.scenes import rollouts

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

STEP = "denoise"
OPTIONS = {"strength": 0.5}


@pytest.fixture(autouse=True)
def _no_rollout_left() -> Iterator[None]:
    yield
    rollouts.end_all()


@pytest.fixture
def old() -> str:
    """A model that two slots hold."""
    return f"old_{uuid4().hex[:8]}"


@pytest.fixture
def slots(old: str) -> tuple[str, str]:
    names = (f"first_{uuid4().hex[:8]}", f"second_{uuid4().hex[:8]}")
    for name in names:
        put(name, old, Evidence.FIRST)
    return names


def put(slot: str, model: str, evidence: Evidence = Evidence.UNSAFE) -> None:
    content, reason = Content(STEP, model, "1", {}), Reason("person:ada", "", evidence)
    transact(partial(contents.put, slot=slot, content=content, reason=reason))


def held(slot: str) -> contents.Change:
    return transact(contents.current)[slot]


def promoted(old: str) -> int:
    new = records.NewRollout(STEP, old, f"new_{old}", "7", options=OPTIONS)
    number = transact(partial(records.start, new=new, person="person:ada", again=True))
    move(number, RolloutState.PROMOTED)
    return number


def move(number: int, new: RolloutState) -> None:
    old = [state for state in RolloutState if state is not new]
    assert transact(
        partial(records.move, rollout_id=number, old=old, new=new, by="evidence", reason="proven")
    )


def running(model: str, slot: str) -> ModelInForce:
    return transact(partial(in_force, step=STEP, model=model, slot=slot))


def test_every_slot_with_the_model_in_use_holds_a_promoted_candidate(
    old: str, slots: tuple[str, str]
) -> None:
    other = f"third_{uuid4().hex[:8]}"
    put(other, "something_else", Evidence.FIRST)
    number = promoted(old)
    for slot in slots:
        change = held(slot)
        assert change.content == Content(STEP, f"new_{old}", "7", OPTIONS)
        assert (change.reason.evidence, change.reason.evidence_id) == (Evidence.ROLLOUT, number)
        assert (change.reason.person, change.reason.why) == ("evidence", f"rollout {number} was promoted")
    assert held(other).content.model == "something_else"
    assert transact(partial(promotions.holding, rollout_id=number)) == sorted(slots)


def test_a_rollback_takes_the_candidate_out_and_batches_that_have_it_on_record_run_without_it(
    old: str, slots: tuple[str, str]
) -> None:
    number = promoted(old)
    by_slot = running(f"new_{old}", slots[0])  # as a batch that was taken since names it
    assert by_slot.promoted is not None
    assert (by_slot.model, by_slot.promoted.id) == (f"new_{old}", number)
    move(number, RolloutState.ROLLED_BACK)
    for slot in slots:
        assert held(slot).content.model == old
        assert held(slot).is_revert
    assert running(f"new_{old}", slots[0]) == ModelInForce(old)
    assert running(old, slots[0]) == ModelInForce(old)


def test_a_slot_that_was_reverted_runs_the_earlier_model_although_the_rollout_stays_promoted(
    old: str, slots: tuple[str, str]
) -> None:
    number = promoted(old)
    first, second = slots
    assert running(old, first).model == f"new_{old}"  # a batch that was taken before the promotion
    transact(partial(batch_changes.revert, slot=first, person="person:ada", why="soft edges"))
    assert running(old, first).model == old
    assert running(old, second).model == f"new_{old}"
    move(number, RolloutState.ROLLED_BACK)
    assert held(first).content.model == old


def test_a_slot_that_a_person_switched_since_keeps_its_model(old: str, slots: tuple[str, str]) -> None:
    number = promoted(old)
    put(slots[0], "newest")
    move(number, RolloutState.ROLLED_BACK)
    assert held(slots[0]).content.model == "newest"
    assert held(slots[1]).content.model == old
