"""What every registered gate must do, whatever it measures."""

import math

import numpy as np
import pytest

from gates.contract import Gate, GateError, GateRegistry, Limit, judge, registry
from gates.edit import Edit
from line.picture import FlagKind
from line.plugins.discover import load_tree

GATES = list(registry().gates.values())
PAIRS = [
    pytest.param(gate, name, id=f"{gate.name}-{name}") for gate in GATES for name in sorted(gate.transforms)
]


def edit_of(transform: str, height: int = 90, width: int = 120) -> Edit:
    random = np.random.default_rng(1)
    before = random.integers(0, 255, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2, width // 4 : width // 2] = 255
    if transform == "upscale":
        return Edit(transform, before, before.repeat(2, axis=0).repeat(2, axis=1))
    after = before.copy()
    if transform == "erase_text":
        after[mask > 0] = 128
    return Edit(transform, before, after, mask if "text" in transform else None)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_a_gate_stands_in_a_file_of_its_name(gate: Gate) -> None:
    (module,) = (each for each in load_tree("gates.checks") if each.__name__.endswith(f".{gate.name}"))
    assert module.GATE is gate


@pytest.mark.parametrize(("gate", "transform"), PAIRS)
def test_readings_are_finite_numbers_and_the_same_again(gate: Gate, transform: str) -> None:
    first, second = gate.measure(edit_of(transform)), gate.measure(edit_of(transform))
    assert first == second
    assert all(math.isfinite(float(value)) for value in first.values())


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_every_limit_names_a_reading_that_some_transform_takes(gate: Gate) -> None:
    edits = [edit_of(transform) for transform in gate.transforms]
    for edit in edits:
        edit.find_text = lambda rgb: np.zeros((0, 4, 2), np.float32)
        edit.enlarge = lambda rgb: rgb.repeat(2, axis=0).repeat(2, axis=1)
        edit.style = {"tone_50": (0.0, 255.0)}
    taken = {reading for edit in edits for reading in gate.measure(edit)}
    assert set(gate.limits) <= taken


@pytest.mark.parametrize(("gate", "transform"), PAIRS)
def test_the_pictures_are_left_as_they_are(gate: Gate, transform: str) -> None:
    edit = edit_of(transform)
    arrays = [array for array in (edit.before, edit.after, edit.mask) if array is not None]
    for array in arrays:
        array.flags.writeable = False
    copies = [array.copy() for array in arrays]
    gate.measure(edit)
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays, copies, strict=True))


@pytest.mark.parametrize(("gate", "transform"), PAIRS)
def test_a_fault_is_placed_within_the_picture(gate: Gate, transform: str) -> None:
    edit = edit_of(transform)
    box = gate.where(edit) if gate.where else None
    if box is not None:
        x, y, w, h = box
        assert 0 <= x < x + w <= edit.after.shape[1]
        assert 0 <= y < y + h <= edit.after.shape[0]


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (17, 16)])
@pytest.mark.parametrize(("gate", "transform"), PAIRS)
def test_tiny_pictures_are_measured_too(gate: Gate, transform: str, size: tuple[int, int]) -> None:
    readings = gate.measure(edit_of(transform, *size))
    assert all(math.isfinite(float(value)) for value in readings.values())


@pytest.mark.parametrize(("gate", "transform"), PAIRS)
def test_a_missing_mask_or_another_size_does_not_break_a_gate(gate: Gate, transform: str) -> None:
    whole = edit_of(transform)
    whole.mask = None
    cut = edit_of(transform)
    cut.after = cut.after[:-7]
    for edit in (whole, cut):
        assert all(math.isfinite(float(value)) for value in gate.measure(edit).values())


def test_an_erasure_that_returns_another_size_is_flagged() -> None:
    edit = edit_of("erase_text")
    edit.after = edit.after[:-7]
    assert not judge(edit).passed


def test_a_limit_of_the_recipe_stands_before_the_gates_own() -> None:
    edit = edit_of("find_text")
    assert edit.mask is not None
    share = float(np.mean(edit.mask > 0))
    assert judge(edit, {"coverage": Limit(at_most=share)}).passed
    strict = judge(edit, {"coverage": Limit(at_most=share / 2)})
    assert [reason.code for reason in strict.reasons] == ["mask_coverage.coverage"]
    assert strict.kind == FlagKind.POLICY


def test_a_limit_on_an_unknown_reading_is_refused() -> None:
    with pytest.raises(GateError, match="no gate of find_text limits sharpnes"):
        judge(edit_of("find_text"), {"sharpnes": Limit(at_most=1)})


def test_a_reading_that_is_not_a_number_never_passes() -> None:
    gate = Gate("odd", frozenset({"deliver"}), {"odd": Limit(at_most=1)}, lambda edit: {"odd": math.nan})
    assert not judge(edit_of("deliver"), gates=[gate]).passed


def test_two_gates_may_not_claim_one_name_or_reading() -> None:
    book = GateRegistry()
    gate = Gate("one", frozenset({"deliver"}), {"reading": Limit(at_most=1)}, lambda edit: {})
    book.add(gate)
    with pytest.raises(GateError, match="two gates are named one"):
        book.add(gate)
    with pytest.raises(GateError, match="another gate"):
        book.add(Gate("two", frozenset({"deliver"}), {"reading": Limit(at_most=1)}, lambda edit: {}))
    assert list(book.gates) == ["one"]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_every_gate_can_say_where(gate: Gate) -> None:
    assert gate.where is not None
