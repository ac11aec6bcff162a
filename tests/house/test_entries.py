"""Settings are read once, at the entry of a process, and passed down; the environment is not written to."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.project.packages import PRODUCT_PACKAGES

ROOT = Path(__file__).parents[2]

ENTRIES = {
    "review/cli/session.py": "the command",
    "review/desk/serve.py": "the review desk",
    "scheduler/intake/recipe_check.py": "the process that checks a recipe for the scheduler",
    "scheduler/__main__.py": "the scheduler",
    "worker/celery.py": "a worker, and Flower beside it",
}
"""Modules that build what their process works with, and nothing else may."""
WRITERS = {
    "models/inference/onnx.py": "onnxruntime reads its variable as it is imported",
    "worker/device.py": "CUDA, OpenMP and BLAS read theirs before Python can pass anything to them",
}
"""Modules that write variables which libraries read."""

PATHS = sorted(path for package in PRODUCT_PACKAGES for path in (ROOT / package).rglob("*.py"))


def reads_settings(node: ast.AST) -> bool:
    """Whether a call reads the settings from the environment."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "load_settings" or (name == "Settings" and not node.args and not node.keywords)


def is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def writes_environment(node: ast.AST) -> bool:
    """Whether a node changes ``os.environ``: by an index, a method, an operator or ``putenv``."""
    if isinstance(node, ast.Subscript):
        return is_environ(node.value) and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.AugAssign):
        return is_environ(node.target)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        changes = {"update", "setdefault", "pop", "clear", "__setitem__"}
        return (is_environ(node.func.value) and node.func.attr in changes) or node.func.attr == "putenv"
    return False


def modules(test: Callable[[ast.AST], bool], *words: str) -> set[str]:
    """The modules with a node for which ``test`` holds; only files that hold one of the words are parsed."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in PATHS
        if any(word in path.read_text("utf-8") for word in words)
        and any(map(test, ast.walk(ast.parse(path.read_text("utf-8")))))
    }


def test_settings_are_read_by_the_entries_of_processes_alone() -> None:
    assert modules(reads_settings, "load_settings", "Settings") - {"line/settings.py"} == set(ENTRIES)


def test_the_environment_is_written_for_libraries_alone() -> None:
    assert modules(writes_environment, "environ", "putenv") == set(WRITERS)


@pytest.mark.parametrize(
    "line",
    [
        "os.environ['A'] = 'b'",
        "del os.environ['A']",
        "os.environ |= {}",
        "os.environ.update({})",
        "os.putenv('A', 'b')",
    ],
)
def test_a_write_to_the_environment_is_noticed(line: str) -> None:
    assert any(writes_environment(node) for node in ast.walk(ast.parse(line)))


def test_reading_the_environment_is_no_write() -> None:
    line = "os.environ['PATH']; os.environ.get('A'); {**os.environ}"
    assert not any(writes_environment(node) for node in ast.walk(ast.parse(line)))
