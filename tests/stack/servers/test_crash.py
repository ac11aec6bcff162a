"""What is left of the servers when the process that started them is killed."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stack.servers.parent_death_signal import setpriv
from stack.servers.postgres import EmbeddedPostgres
from stack.servers.redis import EmbeddedRedis
from tests.harness.waiting import PATIENCE

pytestmark = pytest.mark.services

Stack = Callable[..., tuple[subprocess.Popen[str], list[int]]]


def left(pids: list[int]) -> list[int]:
    """Those still running after the longest wait; a zombie that is not reaped does not run."""
    running = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            wait_for_end(process)
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            running.append(pid)
    return running


def wait_for_end(process: psutil.Process) -> None:
    if process.status() != psutil.STATUS_ZOMBIE:
        process.wait(timeout=PATIENCE)


@pytest.mark.skipif(setpriv() is None, reason="without setpriv the next start stops them instead")
def test_killing_the_parent_leaves_no_server(stack: Stack) -> None:
    parent, pids = stack()
    children = [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert len(pids) == 2
    assert left([*pids, *children]) == []


def test_servers_that_outlived_their_parent_are_replaced_at_the_next_start(
    stack: Stack, tmp_path: Path
) -> None:
    parent, pids = stack("untethered")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert all(psutil.pid_exists(pid) for pid in pids)
    with EmbeddedPostgres(tmp_path) as postgres, EmbeddedRedis(tmp_path) as broker:
        assert left(pids) == []
        assert {postgres.pid, broker.pid}.isdisjoint(pids)
        assert postgres.alive()
        assert broker.alive()
