import base64
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from celery import Celery
from redis import Redis

from line.settings import Settings
from stack import programs as fleet
from stack.flowerconfig import format_task
from stack.servers.port import free_port
from stack.servers.redis import EmbeddedRedis
from stack.supervisor import Program, Supervisor
from tests.harness import waiting
from worker.queues import Queue
from worker.topology import Topology, WorkerGroup

SECRET = "s3cret"
ENV = {
    "SLUICE_DATABASE_URL": f"postgresql://sluice:{SECRET}@host/sluice",
    "SLUICE_BROKER_URL": f"redis://:{SECRET}@host",
}

APP = """
import os
from celery import Celery
app = Celery("tiny", broker=os.environ["SLUICE_BROKER_URL"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)

@app.task
def count(key):
    from redis import Redis
    Redis.from_url(os.environ["SLUICE_BROKER_URL"]).rpush(key, os.getpid(), os.environ["OMP_NUM_THREADS"])
"""


def value(program: Program, option: str) -> str:
    return program.command[list(program.command).index(option) + 1]


def test_each_group_gets_its_number_of_workers_with_one_child_each() -> None:
    topology = Topology(
        workers={
            "gpu0": WorkerGroup(queues=(Queue.ERASE_TEXT,), device="cuda:0"),
            "rest": WorkerGroup(queues=(Queue.ADMIT, Queue.DELIVER), processes=2),
        }
    )
    programs = fleet.workers(topology, ENV)
    assert [program.name for program in programs] == ["gpu0-1", "rest-1", "rest-2"]
    assert {value(program, "--concurrency") for program in programs} == {"1"}
    assert [value(program, "-Q") for program in programs] == ["erase_text", "admit,deliver", "admit,deliver"]
    assert len({value(program, "-n") for program in programs}) == 3


def test_a_gpu_worker_sees_its_own_device_alone_and_a_cpu_worker_none() -> None:
    gpu = fleet.device_environment(WorkerGroup(queues=(Queue.UPSCALE,), device="cuda:3", memory=8 * 10**9))
    cpu = fleet.device_environment(WorkerGroup(queues=(Queue.UPSCALE,)))
    asked = ("SLUICE_DEVICE", "CUDA_VISIBLE_DEVICES", "SLUICE_MEMORY", "OMP_NUM_THREADS")
    assert [gpu.get(key) for key in asked] == ["cuda:3", "3", "8000000000", "1"]
    assert [cpu.get(key) for key in asked] == ["cpu", "", None, "1"]


def test_no_secret_is_on_a_command_line_or_shown_in_a_message() -> None:
    programs = [
        *fleet.workers(Topology(), ENV),
        fleet.scheduler(ENV),
        fleet.desk(ENV, port=5556, password=SECRET),
        fleet.flower(ENV, port=5555, user="sluice", password=SECRET),
    ]
    assert not any(SECRET in word for program in programs for word in program.command)
    assert not any(SECRET in repr(program) for program in programs)
    assert programs[-1].env["FLOWER_BASIC_AUTH"] == f"sluice:{SECRET}"
    assert all(program.env["SLUICE_BROKER_URL"] == ENV["SLUICE_BROKER_URL"] for program in programs)


@pytest.mark.parametrize(("user", "password"), [("a:b", "c"), ("a", "b,c:d")])
def test_a_login_that_flower_would_misread_is_refused(user: str, password: str) -> None:
    with pytest.raises(ValueError, match="comma"):
        fleet.flower(ENV, port=5555, user=user, password=password)


def test_every_path_reaches_the_children_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sluice.toml").write_text("")
    variables = fleet.environment(Settings(home=Path("state")), "postgresql://", "redis://")
    assert variables["SLUICE_HOME"] == str(tmp_path / "state")
    assert variables["SLUICE_CONFIG"] == str(tmp_path / "sluice.toml")
    assert variables["SLUICE_BUCKET_URL"] == (tmp_path / "state" / "bucket").as_uri()


# --- with real processes ---------------------------------------------------------------------------


def has_done(redis: "Redis", done: int) -> bool:
    return bool(redis.llen("done") == done)


def until(condition: Callable[[], bool], tend: Callable[[], object]) -> bool:
    def tended() -> bool:
        tend()
        return condition()

    return waiting.until(tended, "the tended programs get there")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path) as broker:
        yield broker


@pytest.fixture
def env(tmp_path: Path, broker: EmbeddedRedis) -> dict[str, str]:
    (tmp_path / "tinyapp.py").write_text(APP)
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"SLUICE_BROKER_URL": broker.url, "PYTHONPATH": paths}


def with_app(program: Program) -> Program:
    """The same command for a tiny app, as the real one wants the whole line."""
    command = list(program.command)
    command[command.index("-A") + 1] = "tinyapp"
    return replace(program, command=command)


@pytest.mark.services
def test_a_worker_of_the_fleet_works_and_comes_back_after_being_killed(
    tmp_path: Path, broker: EmbeddedRedis, env: dict[str, str]
) -> None:
    group = WorkerGroup(queues=(Queue.ADMIT, Queue.DELIVER))
    program = with_app(fleet.worker("cpu-1", group, env))
    with Redis.from_url(broker.url) as redis, Supervisor(tmp_path, [program], [broker]) as supervisor:
        app = Celery("tiny", broker=broker.url)
        for number, queue in enumerate(("admit", "deliver")):
            app.send_task("tinyapp.count", ("done",), queue=queue, ignore_result=True)
            done = 2 * (number + 1)
            assert until(partial(has_done, redis, done), supervisor.tend)
            if number == 0:
                pid = supervisor.watches[-1].pid
                assert pid is not None
                children = psutil.Process(pid).children()
                os.kill(pid, signal.SIGKILL)
                assert until(lambda: supervisor.watches[-1].restarts == 1, supervisor.tend)
                assert not [child for child in children if child.is_running() and child.status() != "zombie"]
        app.close()
        first, threads, second, _ = redis.lrange("done", 0, -1)
        assert first != second
        assert threads == b"1"
        pid = supervisor.watches[-1].pid
        assert pid is not None
        assert len(psutil.Process(pid).children()) == 1
        supervisor.stop()
    assert "Traceback" not in (tmp_path / "logs" / "cpu-1.log").read_text()


@pytest.mark.services
def test_flower_links_the_desk_answers_only_with_the_password_and_shows_none(
    tmp_path: Path, env: dict[str, str]
) -> None:
    port = free_port()
    linked = env | {"SLUICE_DESK_URL": "http://127.0.0.1:5556/"}
    program = with_app(fleet.flower(linked, port, user="sluice", password=SECRET))
    login = {"Authorization": "Basic " + base64.b64encode(f"sluice:{SECRET}".encode()).decode()}

    def get(path: str, headers: dict[str, str]) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=waiting.PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except OSError:
            return 0, ""

    with Supervisor(tmp_path, [program]) as supervisor:
        assert until(lambda: get("/healthcheck", {})[0] == 200, supervisor.tend)
        for path in ("/", "/tasks", "/broker", "/api/workers"):
            assert get(path, {})[0] == 401, path
        password = env["SLUICE_BROKER_URL"].split(":")[2].split("@")[0]
        for path in ("/", "/tasks", "/broker"):
            status, page = get(path, login)
            assert (status, password in page, SECRET in page) == (200, False, False), path
            assert page.count('href="http://127.0.0.1:5556/">Review desk</a>') == 1
        log = (tmp_path / "logs" / "flower.log").read_text()
        assert password not in log
        assert SECRET not in log


def test_tasks_read_as_a_person_says_them() -> None:
    task = SimpleNamespace(
        name="tasks.erase_text", args="batch 12 (acme/spring), shard 3, 16 images", kwargs="{}"
    )
    shown = format_task(task)
    assert (shown.name, shown.args, shown.kwargs) == (
        "erase_text",
        "batch 12 (acme/spring), shard 3, 16 images",
        "",
    )
