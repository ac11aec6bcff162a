"""Whether a line is up is asked of the lock on its folder, which nobody can leave behind."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psycopg
import pytest

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


@pytest.mark.parametrize(("variable", "is_read"), [("SLUICE_HOME", False), ("sluice_database_url", True)])
def test_a_command_that_reads_needs_no_settings_where_a_line_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, is_read: bool
) -> None:
    monkeypatch.delenv("SLUICE_DATABASE_URL", raising=False)
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.setenv(variable, "postgresql://named" if is_read else str(tmp_path))
    asked: list[str] = []

    def connect(url: str, **_: object) -> AbstractContextManager[str]:
        asked.append(url)
        return nullcontext(url)

    monkeypatch.setattr(psycopg, "connect", connect)
    read: list[Settings] = []

    def settings() -> Settings:
        read.append(Settings())
        return read[0]

    with HomeLock(tmp_path):
        ADDRESSES.write(tmp_path)
        with connection.reader(settings):
            pass
    assert asked == ["postgresql://named" if is_read else "postgresql://x"]
    assert bool(read) is is_read
