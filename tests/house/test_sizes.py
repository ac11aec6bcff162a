"""Files, functions, folders and signatures stay small; the exceptions are listed and only shrink."""

import ast
import statistics
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.harness.project.packages import PRODUCT_PACKAGES

ROOT = Path(__file__).parents[2]
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 7
MAX_MODULES = 15

LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
LONG_SIGNATURES: dict[str, int] = {}
FULL_FOLDERS: dict[str, int] = {}
"""What is over a limit, and by how much at most. An entry goes as soon as its subject is small enough."""

PACKAGES = (*PRODUCT_PACKAGES, "bench", "training", "samples", "tests")
HISTORIES = {"records/migrations/versions"}
"""Folders whose files are never changed or removed: they only grow."""
PATHS = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


class Size(NamedTuple):
    """Size of a function."""

    lines: int
    parameters: int


@cache
def functions() -> dict[str, Size]:
    """Sizes of all functions by ``path:name``; of two with one name in a file, the longer."""
    result: dict[str, Size] = {}
    for path in PATHS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path.relative_to(ROOT).as_posix()}:{node.name}"
                result[name] = max(result.get(name, Size(0, 0)), Size(lines(node), parameters(node)))
    return result


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Number of parameters without ``self``, ``cls``, ``*args`` and ``**kwargs``."""
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def over(sizes: dict[str, int], limit: int, allowed: dict[str, int]) -> dict[str, int]:
    return {name: size for name, size in sizes.items() if size > allowed.get(name, limit)}


def test_files_are_short() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in PATHS}
    assert over(sizes, MAX_FILE_LINES, LONG_FILES) == {}
    assert statistics.median(sizes.values()) < 120


def test_functions_are_short() -> None:
    sizes = {name: size.lines for name, size in functions().items()}
    assert over(sizes, MAX_FUNCTION_LINES, LONG_FUNCTIONS) == {}


def test_signatures_are_short() -> None:
    sizes = {name: size.parameters for name, size in functions().items()}
    assert over(sizes, MAX_PARAMETERS, LONG_SIGNATURES) == {}


def test_folders_hold_few_modules() -> None:
    sizes: dict[str, int] = {}
    for path in PATHS:
        folder = path.parent.relative_to(ROOT).as_posix()
        if path.name != "__init__.py" and folder not in HISTORIES:
            sizes[folder] = sizes.get(folder, 0) + 1
    assert over(sizes, MAX_MODULES, FULL_FOLDERS) == {}


def test_an_exception_that_is_no_longer_needed_is_taken_off_the_list() -> None:
    by_name = functions()
    assert all(len((ROOT / name).read_text("utf-8").splitlines()) > MAX_FILE_LINES for name in LONG_FILES)
    assert all(by_name[name].lines > MAX_FUNCTION_LINES for name in LONG_FUNCTIONS)
    assert all(by_name[name].parameters > MAX_PARAMETERS for name in LONG_SIGNATURES)
