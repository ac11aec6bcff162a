"""Packages that are clean of names without meaning stay clean."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VAGUE = frozenset({"found", "told", "said", "made", "known", "seen", "near", "own", "kept"})
"""Names of variables and functions that do not say what they hold."""
VAGUE_CONSTANTS = frozenset({"MOST", "LEAST", "NEAR", "REACH", "FEWEST", "SEEN", "CLEAR", "ALIKE", "FAINT"})
"""Names of constants that do not say what they bound."""
CLEAN = (
    "bench",
    "gates",
    "imaging",
    "line",
    "models",
    "overlay",
    "records",
    "review",
    "samples",
    "scheduler",
    "stack",
    "tasks",
    "tests",
    "training",
    "worker",
)
"""Folders to check. A folder is added as soon as it is clean, and is never removed."""


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and line of every variable, parameter, attribute, function and class that a module binds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno


def is_vague(name: str) -> bool:
    return name.lstrip("_") in VAGUE | VAGUE_CONSTANTS


@pytest.mark.parametrize("folder", CLEAN)
def test_a_clean_package_binds_no_vague_name(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    assert paths
    vague = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for name, line in names(ast.parse(path.read_text("utf-8")))
        if is_vague(name)
    ]
    assert vague == []


def test_a_vague_name_is_noticed_wherever_it_is_bound() -> None:
    module = "def found(told): made = 1\nclass Known: pass\nMOST = 2\nself._seen = 3\n"
    vague = {name for name, _ in names(ast.parse(module)) if is_vague(name)}
    assert vague == {"found", "told", "made", "MOST", "_seen"}
