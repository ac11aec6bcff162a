import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from stack.servers.redis import EmbeddedRedis
from tests.harness.waiting import PATIENCE

pytestmark = pytest.mark.services


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "home") as server:
        yield server


@pytest.fixture
def client(server: EmbeddedRedis) -> Iterator["Redis"]:
    with Redis.from_url(server.url) as client:
        yield client


def test_it_refuses_messages_rather_than_dropping_others_and_writes_nothing(client: "Redis") -> None:
    asked = ("maxmemory-policy", "save", "appendonly", "bind")
    assert {key: client.config_get(key)[key] for key in asked} == {
        "maxmemory-policy": "noeviction",
        "save": "",
        "appendonly": "no",
        "bind": "127.0.0.1",
    }


def test_nobody_enters_without_the_password(server: EmbeddedRedis) -> None:
    with Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


def test_the_password_is_only_in_files_of_its_user(server: EmbeddedRedis) -> None:
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any(f"127.0.0.1:{server.port}" in line for line in lines)
    assert not any(server.password in line for line in lines)
    assert server.password not in server.log_path.read_text()
    for name in ("password", "redis.conf"):
        assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600


def test_a_killed_server_is_noticed_and_comes_back_empty_at_the_same_url(
    server: EmbeddedRedis, client: "Redis"
) -> None:
    url, pid = server.url, server.pid
    assert pid is not None
    client.set("message", "on its way")
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=PATIENCE)
    assert not server.alive()
    assert server.restart() == url
    with Redis.from_url(url) as again:
        assert again.dbsize() == 0


def test_it_stops_at_once_and_starts_again_at_the_same_url(server: EmbeddedRedis) -> None:
    url, pid = server.url, server.pid
    server.stop()
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert server.start() == url


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_as_root_it_runs_as_another_user(server: EmbeddedRedis) -> None:
    assert server.pid is not None
    assert psutil.Process(server.pid).uids().effective != 0
