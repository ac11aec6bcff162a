"""The ``sluice`` command as a shell calls it: in this process for its answers, as a process for its life."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

SLUICE = Path(sys.executable).with_name("sluice")


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


def call(*words: object) -> Answer:
    """Run a command in this process, through its entry, with this process's settings."""
    from review.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with patch.object(sys, "argv", ["sluice", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
            code: Any = 0
        except SystemExit as end:
            code = end.code
    return Answer(int(code or 0), out.getvalue(), err.getvalue())


def spawn(*words: object, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [str(SLUICE), *map(str, words)],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def run(*words: object, env: Mapping[str, str]) -> Answer:
    """Run a command as a process of its own, to its end."""
    process = spawn(*words, env=env)
    try:
        out, err = process.communicate()  # pytest's timeout ends a command that hangs
    finally:
        process.kill()
        process.wait()
    return Answer(process.returncode, out, err)


def living(home: Path) -> list[str]:
    """The processes that a command left running for a state folder, by their command lines."""
    lines = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            has_home = process.environ().get("SLUICE_HOME") == str(home)
            if has_home or any(str(home) in word for word in process.cmdline()):
                lines.append(f"{process.pid} {' '.join(process.cmdline())[:150]}")
        except psutil.Error:
            continue
    return lines
