"""Every command that the README, the docs and docstrings show can be typed as it is written there.

``sluice`` and ``celery`` commands are parsed by click up to the function that they would call, benchmarks and training
by their own parsers, ``make`` targets by ``make --dry-run``. ``test_run_commands.py`` carries out the ``sluice``
commands that a line in a test can, and ``test_run_programs.py`` the others.
"""

import argparse
import re
import runpy
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from tests.harness.project.shown import ROOT, Shown, shown


class ParsedError(Exception):
    """Raised in place of running a command whose words were understood."""


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
