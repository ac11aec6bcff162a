"""Rollouts are started once and moved by one decision."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.states import ROLLOUT_MOVES, RolloutState
from records.rollouts import rollout as records
from records.rollouts.in_force import ModelInForce
from records.rollouts.in_force import in_force as rollouts_in_force
from records.slots import contents, evidence
from tests.harness.context import engine, transact
from tests.harness.scenes import rollouts
from tests.harness.scenes.rollouts import begin_at_sabotage as start

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records", "no_rollout_left")]


def test_of_many_who_decide_at_once_one_does() -> None:
    number = start()

    def decide(new: RolloutState) -> bool:
        return transact(
            lambda connection: records.move(
                connection, number, [RolloutState.SHADOW], new, by="evidence", reason=new.value
            )
        )

    choices = [RolloutState.ROLLED_BACK, RolloutState.INCONCLUSIVE, RolloutState.RAMP] * 4
    with ThreadPoolExecutor(6) as threads:
        decided = list(threads.map(decide, choices))
    assert sum(decided) == 1
    assert rollouts.get(number).state is choices[decided.index(True)]


def test_postgres_refuses_an_illegal_move_and_holds_the_legal_ones() -> None:
    number = start()
    rollouts.put(number, state="rolled_back")
    with pytest.raises(sa.exc.IntegrityError, match="may not go from rolled_back to ramp"):
        rollouts.put(number, state="ramp")
    with engine().connect() as connection:
        rows = connection.execute(sa.text("SELECT old::text, new::text FROM rollout_moves")).all()
        states = connection.scalar(sa.text("SELECT enum_range(NULL::rollout_state)::text[]"))
    assert {tuple(row) for row in rows} == ROLLOUT_MOVES
    assert states == [state.value for state in RolloutState]


def test_the_same_weights_start_again_only_where_that_is_asked_for() -> None:
    new = records.NewRollout("find_text", "plain", "other", "1", "5a" * 32)
    number = transact(partial(records.start, new=new, person="person:ada"))
    with pytest.raises(InputError, match="another candidate is being compared"):
        transact(partial(records.start, new=new, person="person:ada"))
    rollouts.put(number, state="rolled_back", decided_at=sa.func.now())
    renamed = records.NewRollout("find_text", "plain", "renamed", "7", "5a" * 32)
    for each in (new, renamed):
        with pytest.raises(InputError, match="only with --again"):
            transact(partial(records.start, new=each, person="person:ada"))
    assert transact(partial(records.start, new=renamed, person="person:ada", again=True)) > number


def test_promoted_candidates_take_the_place_of_each_other_in_their_order() -> None:
    def in_force(model: str) -> ModelInForce:
        return transact(partial(rollouts_in_force, step="denoise", model=model))

    def promote(before: str, after: str) -> int:
        new = records.NewRollout("denoise", before, after, "1")
        number = transact(partial(records.start, new=new, person="person:ada", again=True))
        transact(
            lambda connection: records.move(
                connection, number, [RolloutState.SHADOW], RolloutState.PROMOTED, by="person:ada", reason=""
            )
        )
        return number

    first, second = promote("a", "b"), promote("b", "a")
    assert in_force("a").model == "a"
    assert in_force("c") == ModelInForce("c")
    third = promote("a", "c")
    assert (in_force("a").model, in_force("b").model) == ("c", "c")
    assert transact(records.proven) >= {("denoise", "b"), ("denoise", "c")}
    rollouts.put(third, state="rolled_back")
    rollouts.put(second, state="rolled_back")
    promoted = in_force("a").promoted
    assert promoted is not None
    assert promoted.id == first


def test_a_promotion_is_evidence_for_letting_a_slot_hold_the_candidate() -> None:
    held, candidate = (contents.Content("denoise", model, "1", {}) for model in ("old", "new"))
    first = contents.Reason("person:ada", "", contents.Evidence.FIRST)
    transact(partial(contents.put, slot="denoiser", content=held, reason=first))
    weigh = partial(evidence.weigh, slot="denoiser", candidate=candidate, unsafe=False)
    with pytest.raises(InputError, match="sluice rollout start"):
        transact(weigh)
    new = records.NewRollout("denoise", "old", "new", "1")
    number = transact(partial(records.start, new=new, person="person:ada", again=True))
    rollouts.put(number, state="promoted")
    assert transact(weigh) == (contents.Evidence.ROLLOUT, number)
