"""Whether a line is up is asked of the lock on its folder, which nobody can leave behind."""

import os
from pathlib import Path

from line.settings import Settings
from stack import connection
from stack.connection import Addresses
from stack.servers.home import HomeLock

ADDRESSES = Addresses(os.getpid(), "postgresql://x", "redis://x", "file:///x")


def test_a_stack_that_crashed_is_not_up_although_another_process_bears_its_number(tmp_path: Path) -> None:
    ADDRESSES.write(tmp_path)
    assert connection.running(tmp_path) is None


def test_a_stack_is_up_while_it_holds_its_folder(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        ADDRESSES.write(tmp_path)
        assert connection.running(tmp_path) == ADDRESSES
    assert not HomeLock(tmp_path).is_taken()


def test_a_command_reaches_the_servers_of_the_stack_that_is_up(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        ADDRESSES.write(tmp_path)
        settings = Settings(home=tmp_path, micro_batch=3)
        with connection.reachable(settings) as reached:
            assert (reached.database(), reached.broker()) == ("postgresql://x", "redis://x")
            assert (reached.bucket, reached.micro_batch) == ("file:///x", 3)
        assert settings.database_url is None
