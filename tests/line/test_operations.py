"""docs/operations.md names every refusal, every reason to ask a person, every state and every gate."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.contract import registry
from line.states import BatchState, ImageState
from review.cli.main import DONE, FAILED, HALTED, USAGE

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
MAKERS = {"RefusedError", "Refused", "Flagged", "NeedsReview", "Rejected", "Broken"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*")


def trees() -> Iterator[ast.AST]:
    for package in ("line", "imaging", "overlay", "tasks", "records", "scheduler"):
        for path in (ROOT / package).rglob("*.py"):
            yield ast.parse(path.read_text("utf-8"))


def constants() -> dict[str, str]:
    """Every module-level constant that is a string, by its name."""
    return {
        node.targets[0].id: node.value.value
        for tree in trees()
        for node in ast.iter_child_nodes(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


CONSTANTS = constants()


def codes() -> set[str]:
    """Every code that is given as a reason: to what makes one, as ``reason``, or first in what a function answers."""
    result: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            given: list[ast.expr | None] = []
            if isinstance(node, ast.Call):
                is_maker = isinstance(node.func, ast.Name) and node.func.id in MAKERS
                given += node.args[:1] if is_maker else []
                is_rule = isinstance(node.func, ast.Name) and node.func.id == "Rule"
                given += node.args[1:2] if is_rule else []
                given += [word.value for word in node.keywords if word.arg == "reason"]
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "reason":
                        given.append(value)
                    if isinstance(key, ast.Name) and key.id.endswith("Error"):
                        given.append(value)
            if isinstance(node, ast.List):
                given += [
                    pair.elts[0] for pair in node.elts if isinstance(pair, ast.Tuple) and len(pair.elts) == 2
                ]
            if isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Tuple):
                is_reason = len(node.value.elts) == 2 and is_sentence(node.value.elts[1])
                given += node.value.elts[:1] if is_reason else []
            for expression in given:
                result |= strings(expression)
    return {code for code in result if CODE.fullmatch(code)}


def is_sentence(node: ast.expr) -> bool:
    """Whether a string of words ending in a full stop, or an object's ``sentence``, is written there."""
    if isinstance(node, ast.Attribute):
        return node.attr == "sentence"
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    last = parts[-1]
    return (
        isinstance(last, ast.Constant) and isinstance(last.value, str) and last.value.rstrip().endswith(".")
    )


def strings(node: ast.expr | None) -> set[str]:
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    if isinstance(node, ast.Name):
        return {CONSTANTS[node.id]} if node.id in CONSTANTS else set()
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_codes_are_found_of_every_kind() -> None:
    expected = {
        "damaged",
        "decoder_died",
        "duplicate_name",
        "data_missing",
        "overlay_or_print",
        "wrong_aspect",
    }
    assert codes() >= expected | {
        "rolled_back",
        "worker_lost",
        "object_missing",
        "transform_error",
        "out_of_memory",
    }


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_reason_is_explained(code: str) -> None:
    assert f"`{code}`" in TEXT


@pytest.mark.parametrize("gate", sorted(registry().gates))
def test_every_gate_is_explained(gate: str) -> None:
    assert f"| `{gate}` |" in TEXT


@pytest.mark.parametrize("state", sorted({*ImageState, *BatchState}))
def test_every_state_is_explained(state: str) -> None:
    assert re.search(rf"^\|[^|]*`{state}`", TEXT, re.MULTILINE)


@pytest.mark.parametrize("code", [DONE, FAILED, USAGE, HALTED])
def test_every_exit_code_is_explained(code: int) -> None:
    assert f"\n| {code} |" in TEXT


def test_no_reason_is_explained_that_does_not_exist() -> None:
    tables = re.findall(r"^\| (`[a-z_`, ]+`) \|", TEXT, re.MULTILINE)
    named = {code for row in tables for code in re.findall(r"`([a-z]+(?:_[a-z]+)*)`", row)}
    expected = codes() | {*ImageState, *BatchState} | set(registry().gates)
    assert named <= expected
