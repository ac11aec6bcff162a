"""Whether a line is up is asked of the lock on its folder, which nobody can leave behind."""

import os
from pathlib import Path

from stack import connection
from stack.connection import Addresses
from stack.servers.home import HomeLock
from tests.harness.line import environment


def test_a_stack_that_crashed_is_not_up_although_another_process_bears_its_number(tmp_path: Path) -> None:
    with environment({"SLUICE_HOME": str(tmp_path)}):
        Addresses(os.getpid(), "postgresql://x", "redis://x", "file:///x").write()
        assert connection.running() is None


def test_a_stack_is_up_while_it_holds_its_folder(tmp_path: Path) -> None:
    with environment({"SLUICE_HOME": str(tmp_path)}), HomeLock(tmp_path):
        Addresses(os.getpid(), "postgresql://x", "redis://x", "file:///x").write()
        found = connection.running()
        assert found is not None
        assert found.pid == os.getpid()
    assert not HomeLock(tmp_path).is_taken()
