"""Every command that the README, the docs and docstrings show can be typed as it is written there.

``sluice`` and ``celery`` commands are parsed by click up to the function that they would call, benchmarks and training
by their own parsers, ``make`` targets by ``make --dry-run``. They are not carried out here: most need a line that is
up, a batch, weights or hours. The quick form of each benchmark is run by ``make bench-quick``.
"""

import argparse
import ast
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from tests.harness.packages import PRODUCT_PACKAGES

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (*PRODUCT_PACKAGES, "training", "bench", "samples")
PROGRAM = re.compile(r"^(?:[A-Z_]+=\S+ )?(?:\S*/)?(sluice|celery|make|python) ")
PLACEHOLDERS = {"ID": "3", "BATCH": "1", "IMAGE": "17", "N": "2"}
"""What stands for a number in a command that is shown."""


class ParsedError(Exception):
    """Raised in place of running a command whose words were understood."""


@dataclass(frozen=True)
class Shown:
    """A command and where it is shown."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"

    @property
    def words(self) -> list[str]:
        words = shlex.split(
            re.sub(r"[\[\]]", "", self.text), comments=True
        )  # [--option] is one that may be left out
        while re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        return [PLACEHOLDERS.get(word, word) for word in words if word != "&"]


def shown() -> Iterator[Shown]:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            yield from commands(str(path.relative_to(ROOT)), block)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield from commands(str(path.relative_to(ROOT)), ast.get_docstring(node) or "")


def commands(where: str, text: str) -> Iterator[Shown]:
    for line in text.replace("\\\n", " ").splitlines():
        if PROGRAM.match(line.strip()):
            yield Shown(where, line.strip())


SHOWN = list(dict.fromkeys(shown()))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which every file that a shown command names exists."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", SHOWN, ids=str)
def test_a_shown_command_is_understood(command: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, *words = command.words
    touch(words)
    match Path(program).name:
        case "sluice":
            from review.cli.main import cli

            parses(cli, words, monkeypatch)
        case "celery":
            from celery.bin.worker import worker

            assert words[:3] == ["-A", "worker", "worker"]
            worker.make_context("worker", words[3:], parent=None, resilient_parsing=True)
        case "make":
            make = [shutil.which("make") or "make", "--dry-run", "--no-print-directory", *words]
            subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        case "python":
            module(words, monkeypatch)


def touch(words: list[str]) -> None:
    """Make the files and folders that a command would read."""
    for word in words:
        if word.startswith(("-", "/")) or "://" in word:
            continue
        if word.endswith("/"):
            Path(word).mkdir(parents=True, exist_ok=True)
        elif re.search(r"\.\w{2,11}$", word):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()


def parses(command: click.Command, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """click finds the command, and understands all of its words."""

    def stop(*_: object) -> NoReturn:
        raise ParsedError

    monkeypatch.setattr(click.Command, "invoke", stop)
    with pytest.raises(ParsedError):
        command.main(words, standalone_mode=False)


def module(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A module exists, and its parser understands all of its words."""
    if words[0] != "-m":
        assert (ROOT / words[0]).is_file()
        return
    name, rest = words[1], words[2:]
    assert find_spec(name), name
    if name.split(".")[0] not in ("bench", "training"):
        return
    path = (ROOT / name.replace(".", "/")).with_suffix(".py")
    source = (path if path.exists() else path.with_suffix("") / "__main__.py").read_text("utf-8")
    assert "ArgumentParser(" in source or "entry.parse" in source, f"{name} would run: it reads no options"
    monkeypatch.delitem(sys.modules, f"{name}.__main__", raising=False)
    if path.exists():  # another test may have imported it, and runpy warns of that
        monkeypatch.delitem(sys.modules, name, raising=False)
    understood = argparse.ArgumentParser.parse_args

    def stop(self: argparse.ArgumentParser, *given: Any, **more: Any) -> NoReturn:
        understood(self, *given, **more)
        raise ParsedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    monkeypatch.setattr(sys, "argv", [name, *rest])
    with pytest.raises(ParsedError):
        runpy.run_module(name, run_name="__main__")


def test_commands_are_found_in_the_readme_the_docs_and_docstrings() -> None:
    places = {command.where.split("/")[0] for command in SHOWN}
    assert {"README.md", "docs", "bench", "training"} <= places
