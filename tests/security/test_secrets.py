"""Passwords of a real line that is up, looked for everywhere they must not be."""

import base64
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.harness import waiting
from tests.harness.command import call, run, spawn
from tests.harness.line import environment, photos

pytestmark = pytest.mark.services


@dataclass
class Up:
    """A ``sluice up`` with Flower and the review desk, through which a batch has gone."""

    home: Path
    env: dict[str, str]
    process: "subprocess.Popen[str]"
    output: str
    login: str
    flower: str
    desk_login: str
    desk: str

    @property
    def secrets(self) -> dict[str, str]:
        passwords = {
            name: (self.home / name / "password").read_text().strip() for name in ("postgres", "redis")
        }
        pages = {"flower": self.login, "desk": self.desk_login}
        return passwords | {name: login.partition(":")[2] for name, login in pages.items()}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("doors")
    env = {"SLUICE_HOME": str(home), "SLUICE_POLL_SECONDS": "0.1"}
    for name in ("SLUICE_DATABASE_URL", "SLUICE_BROKER_URL"):
        assert name not in os.environ
    process = spawn("up", "--flower-port", 0, "--desk-port", 0, env=env)
    try:
        until(lambda: (home / "stack.json").exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        addresses = json.loads((home / "stack.json").read_text())
        login, desk_login = ((home / f"{name}.login").read_text().strip() for name in ("flower", "desk"))
        answer = run("submit", photos(home / "upload", 3), "--json", env=env)
        assert answer.code == 0, answer.err
        batch = json.loads(answer.out)["batch"]
        until(lambda: json.loads(run("status", batch, "--json", env=env).out)["state"] == "done")
        # a Redis that goes away makes every process say where it was
        psutil.Process(int((home / "redis" / "data" / "redis.pid").read_text())).kill()
        until(lambda: "again" in logs(home).get("scheduler.log", "") or redis_back(home))
        yield Up(home, env, process, "", login, addresses["flower_url"], desk_login, addresses["desk_url"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def redis_back(home: Path) -> bool:
    try:
        return psutil.pid_exists(int((home / "redis" / "data" / "redis.pid").read_text()))
    except (OSError, ValueError):
        return False


def until(condition: Callable[[], bool]) -> None:
    waiting.until(condition, "the line that is up gets there", patience=300)


def logs(home: Path) -> dict[str, str]:
    return {path.name: path.read_text(errors="replace") for path in home.rglob("*.log")}


def test_no_process_shows_a_password_on_its_command_line(up: Up) -> None:
    shown = [word for process in psutil.process_iter() for word in command_line(process)]
    assert len(shown) > 20
    for name, secret in up.secrets.items():
        assert len(secret) > 20
        assert not [word for word in shown if secret in word], name


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_no_log_holds_a_password_even_after_a_server_was_lost(up: Up) -> None:
    texts = logs(up.home)
    assert {"scheduler.log", "flower.log", "desk.log"} <= set(texts)
    assert any("Connection" in text or "redis" in text.lower() for text in texts.values())
    for name, secret in up.secrets.items():
        assert not [log for log, text in texts.items() if secret in text], name


def test_every_file_that_holds_a_password_is_its_users_alone(up: Up) -> None:
    holding = {}
    for path in up.home.rglob("*"):
        if path.is_file() and path.stat().st_size < 1_000_000:
            content = path.read_bytes()
            for name, secret in up.secrets.items():
                if secret.encode() in content:
                    holding[path] = name
    assert set(holding.values()) == {"postgres", "redis", "flower", "desk"}
    for path in holding:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_the_command_tells_no_password(up: Up) -> None:
    for words in (("doctor", "--json"), ("status", "--json"), ("images", "1")):
        answer = run(*words, env=up.env)
        for secret in up.secrets.values():
            assert secret not in answer.out + answer.err, words


WRONG = {
    "SLUICE_DATABASE_URL": (
        "postgresql+psycopg://sluice:marked@127.0.0.1:1/sluice",
        "postgresql+psycopg://sluice:marked@127.0.0.1:notaport/sluice",
        "mysql+what://sluice:marked@127.0.0.1/sluice",
        "://:marked@",
    ),
    "SLUICE_BROKER_URL": (
        "redis://:marked@127.0.0.1:1/0",
        "redis://:marked@127.0.0.1:notaport/0",
        "what://:marked@127.0.0.1/0",
    ),
}


@pytest.mark.parametrize(("variable", "url"), [(name, url) for name, urls in WRONG.items() for url in urls])
def test_an_error_about_a_server_does_not_tell_its_password(variable: str, url: str, tmp_path: Path) -> None:
    with environment({"SLUICE_HOME": str(tmp_path), variable: url}):
        answers = [call("doctor"), call("doctor", "--json")]
        if variable == "SLUICE_DATABASE_URL" and ":1/" not in url:  # a server that is away is waited for
            answers.append(call("status"))
    for answer in answers:
        assert answer.out + answer.err
        assert "marked" not in answer.out + answer.err


def test_flower_is_reached_from_this_machine_and_with_its_login_alone(up: Up) -> None:
    port = int(up.flower.rpartition(":")[2])
    assert addresses_of({port}) == {"127.0.0.1"}
    assert get(f"{up.flower}/workers") == (401, "")
    assert get(f"{up.flower}/api/workers") == (401, "")
    for path in ("/", "/workers", "/tasks", "/broker", "/nowhere"):
        status, page = get(up.flower + path, up.login)
        assert status in (200, 404)
        for name, secret in up.secrets.items():
            assert secret not in page, (path, name)
    # what Flower leaves open whatever the login: counts, and names of workers and tasks
    for path in ("/metrics", "/healthcheck"):
        status, page = get(up.flower + path)
        assert status == 200
        assert not re.search("|".join(up.secrets.values()), page)


def test_the_desk_is_reached_from_this_machine_and_with_its_password_alone(up: Up) -> None:
    port = int(up.desk.rpartition(":")[2])
    assert addresses_of({port}) == {"127.0.0.1"}
    until(lambda: get(f"{up.desk}/")[0] == 401)
    password = up.desk_login.partition(":")[2]
    for path in ("/", "/batches/1", "/images/1", "/templates", "/nowhere"):
        assert get(up.desk + path) == (401, "")
        status, page = get(up.desk + path, f"ada:{password}")
        assert status in (200, 404)
        for name, secret in up.secrets.items():
            assert secret not in page, (path, name)


def get(url: str, login: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url)
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=waiting.PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, "" if error.code == 401 else error.read().decode()


def test_servers_listen_on_this_machine_alone(up: Up) -> None:
    ports = {int((up.home / name / "port").read_text()) for name in ("postgres", "redis")}
    assert addresses_of(ports) == {"127.0.0.1"}


def addresses_of(ports: set[int]) -> set[str]:
    """On which addresses of this machine somebody listens at some ports."""
    return {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == "LISTEN" and connection.laddr and connection.laddr.port in ports
    }


def test_another_user_of_the_machine_gets_neither_in_nor_at_the_passwords(up: Up) -> None:
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root can try as another user")
    other = pwd.getpwnam("nobody")
    become = [
        setpriv,
        f"--reuid={other.pw_uid}",
        f"--regid={other.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all",
    ]
    postgres, redis = (int((up.home / name / "port").read_text()) for name in ("postgres", "redis"))
    for path in (
        "stack.json",
        "flower.login",
        "desk.login",
        "redis/password",
        "redis/redis.conf",
        "postgres/password",
    ):
        read = subprocess.run(
            [*become, "/bin/cat", up.home / path], capture_output=True, text=True, check=False
        )
        assert read.returncode, path
        assert not read.stdout, path
    asked = "*1\\r\\n$4\\r\\nINFO\\r\\n"
    script = f"exec 3<>/dev/tcp/127.0.0.1/{redis}; printf '{asked}' >&3; read -r said <&3; echo \"$said\""
    answer = subprocess.run([*become, "/bin/bash", "-c", script], capture_output=True, text=True, check=False)
    assert "NOAUTH" in answer.stdout
    import psycopg

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=postgres, user="sluice", dbname="sluice", password="guess")
    assert not [
        process
        for process in psutil.process_iter(["environ"])
        if process.info["environ"]
        and "imaging.sandbox.photo_server" in " ".join(command_line(process))
        and any(secret in str(process.info["environ"]) for secret in up.secrets.values())
    ]
