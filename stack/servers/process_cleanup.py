"""Ending server processes: the one we started, and those that a crash left in its folder."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def end(processes: Iterable[psutil.Process], ask: signal.Signals, patience: float) -> None:
    """Ask processes to end, and kill those that have not after ``patience`` seconds.

    Only those whose parent is not among them are asked: a server tells its own children.
    """
    left = list(processes)
    pids = {process.pid for process in left}
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:
                process.send_signal(ask)
    for process in _wait(left, patience):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _wait(left, patience)


def _wait(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those still running after ``patience`` seconds at most; a zombie is as good as gone."""
    deadline = time.monotonic() + patience
    left = [process for process in processes if _works(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if _works(process)]
    return left


def _works(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def servers_in(folder: Path, process_name: str, recorded_pid: int | None) -> list[psutil.Process]:
    """Processes of that name that work in that folder; both servers make their data folder the current one.

    A process whose folder we may not see counts if its pid is the one that the server recorded.
    """
    leftovers = []
    for process in psutil.process_iter():
        try:
            if process.name() != process_name or not _works(process):
                continue
            if Path(process.cwd()) == folder:
                leftovers.append(process)
        except psutil.AccessDenied:
            if process.pid == recorded_pid:
                leftovers.append(process)
        except psutil.NoSuchProcess:
            continue
    return leftovers


def runs(pid: int) -> bool:
    """Whether a process of that id is there, whosever it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
