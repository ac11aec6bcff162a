"""No picture spoils another: faults are pinned on the image they belong to, memory is halved before it is missed."""

from typing import Any

import numpy as np
import pytest

from gates.contract import Gate, GateError, Limit, registry
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture
from tasks.runner.types import Attempt, Failed
from tests.harness.step_factory import trying


def names(tried: list[Attempt]) -> list[str]:
    return [item.loaded.subject.name for item in tried]


def test_results_come_back_in_order_with_what_each_took() -> None:
    tried = trying(lambda pictures, model: [Edited(picture) for picture in pictures])
    assert names(tried) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert all(item.seconds > 0 and item.verdict.passed for item in tried)


def test_one_bad_picture_fails_alone() -> None:
    def picky(pictures: list[Picture], model: object) -> list[Outcome]:
        if any(picture.name == "2.jpg" for picture in pictures):
            raise ValueError("odd pixels")
        return [Edited(picture) for picture in pictures]

    tried = trying(picky)
    assert names(tried) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert [isinstance(item.outcome, Failed) for item in tried] == [False, False, True, False]
    assert "odd pixels" in str(tried[2].outcome)


@pytest.mark.parametrize("room", [1, 2, 3])
def test_out_of_memory_halves_the_micro_batch_until_it_fits(room: int) -> None:
    sizes: list[int] = []

    def hungry(pictures: list[Picture], model: object) -> list[Outcome]:
        sizes.append(len(pictures))
        if len(pictures) > room:
            raise MemoryError
        return [Edited(picture) for picture in pictures]

    tried = trying(hungry, 8)
    assert names(tried) == [f"{number}.jpg" for number in range(8)]
    assert all(isinstance(item.outcome, Edited) for item in tried)
    assert sizes[:2] == [8, 4]


def test_an_image_too_large_even_alone_is_flagged_and_its_neighbours_go_on() -> None:
    class OutOfMemoryError(RuntimeError):
        """As torch calls it."""

    def hungry(pictures: list[Picture], model: object) -> list[Outcome]:
        if any(picture.name == "1.jpg" for picture in pictures):
            raise OutOfMemoryError("CUDA out of memory")
        return [Edited(picture) for picture in pictures]

    tried = trying(hungry)
    assert [type(item.outcome) for item in tried] == [Edited, Flagged, Edited, Edited]
    flagged = tried[1].outcome
    assert isinstance(flagged, Flagged)
    assert (flagged.reason, flagged.kind) == ("out_of_memory", FlagKind.POLICY)


def test_a_transform_that_loses_a_picture_is_at_fault_for_each() -> None:
    tried = trying(lambda pictures, model: [])
    assert all(isinstance(item.outcome, Failed) for item in tried)


def test_nothing_to_do_is_done() -> None:
    assert trying(lambda pictures, model: [], 0) == []


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    trial_gate = Gate("trial_gate", frozenset({"trial"}), {"change": Limit(at_most=0.1)}, _change)
    monkeypatch.setitem(registry().gates, trial_gate.name, trial_gate)
    return trial_gate


def _change(edit: Any) -> dict[str, float]:
    return {"change": float(np.mean(edit.before != edit.after))}


def darken(pictures: list[Picture], model: object) -> list[Outcome]:
    return [Edited(picture.with_(rgb=picture.rgb // 2)) for picture in pictures]


def test_every_result_goes_through_its_gates(gate: Gate) -> None:
    (item,) = trying(darken, 1)
    assert not item.verdict.passed
    assert item.verdict.kind is FlagKind.ARTIFACT
    assert item.verdict.readings == {"change": 1.0}
    assert item.verdict.reasons[0].code == "trial_gate.change"


def test_a_recipe_may_move_a_limit(gate: Gate) -> None:
    (item,) = trying(darken, 1, limits={"change": {"at_most": 1.0}})
    assert item.verdict.passed


def test_a_gate_that_breaks_ships_nothing(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(edit: Any) -> dict[str, float]:
        raise ZeroDivisionError("no edge to measure")

    monkeypatch.setitem(
        registry().gates, gate.name, Gate(gate.name, gate.transforms, {"change": Limit(at_most=0.1)}, broken)
    )
    tried = trying(darken, 2)
    assert all(isinstance(item.outcome, Failed) for item in tried)
    assert "no edge to measure" in str(tried[0].outcome)


def test_a_limit_that_no_gate_knows_is_an_error_and_no_pass() -> None:
    with pytest.raises(GateError, match="no gate of trial"):
        trying(darken, 1, limits={"nothing": {"at_most": 1.0}})
