import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from line.errors import ServiceError
from stack.supervisor import FAILING, SETTLED, Program, Supervisor
from tests.harness import waiting

WAITS = "import time\nprint('up', flush=True)\ntime.sleep(600)"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS
PARENT = "import subprocess, time\nprint(subprocess.Popen(['sleep', '600']).pid, flush=True)\ntime.sleep(600)"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def supervise(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Supervisor]]:
    supervisors: list[Supervisor] = []

    def start(**scripts: str) -> Supervisor:
        programs = [Program(name, [sys.executable, "-c", script]) for name, script in scripts.items()]
        supervisor = Supervisor(tmp_path, programs, clock=clock)
        supervisors.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in supervisors:
        supervisor.stop(patience=0)


def log_of(home: Path, name: str) -> str:
    """What a child has written to its log, once it has written something."""
    path = home / "logs" / f"{name}.log"
    return waiting.until(path.read_text, f"{name} wrote to its log")


def die(supervisor: Supervisor) -> None:
    """Kill the first child, and wait until the kernel has it down."""
    pid = supervisor.watches[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_children_write_to_their_own_logs_and_work_in_the_home(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervise(one="import os; print('one', os.getcwd(), flush=True)", two="print('two', flush=True)")
    assert log_of(tmp_path, "one").split() == ["one", str(tmp_path)]
    assert log_of(tmp_path, "two") == "two\n"


def test_a_child_that_dies_is_started_again_after_a_pause_that_grows(
    supervise: Callable[..., Supervisor], clock: Clock
) -> None:
    supervisor = supervise(one=WAITS)
    pauses = []
    for _ in range(8):
        die(supervisor)
        assert supervisor.tend() == []
        began = clock.now
        while not supervisor.tend():
            clock.now += 0.5
        pauses.append(clock.now - began)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60]
    assert supervisor.watches[0].restarts == 8


def test_a_child_that_lived_long_enough_is_forgiven(
    supervise: Callable[..., Supervisor], clock: Clock
) -> None:
    supervisor = supervise(one=WAITS)
    for _ in range(3):
        die(supervisor)
        supervisor.tend()
        clock.now += 60
        assert supervisor.tend() == ["one"]
        clock.now += SETTLED
        supervisor.tend()
        assert supervisor.watches[0].deaths == 0


def test_one_that_keeps_dying_is_reported_with_the_end_of_its_log(
    supervise: Callable[..., Supervisor], clock: Clock, tmp_path: Path
) -> None:
    supervisor = supervise(one="raise SystemExit('no such setting')")

    def has_died_often() -> bool:
        supervisor.tend()
        clock.now += 1
        return supervisor.watches[0].deaths >= FAILING

    waiting.until(has_died_often, "one keeps dying", progress=lambda: supervisor.watches[0].deaths)
    sentence = supervisor.troubles()["one"]
    assert "keeps dying" in sentence
    assert "no such setting" in sentence


def test_what_a_dead_child_left_running_is_killed_before_it_is_replaced(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(one=PARENT)
    grandchild = psutil.Process(int(log_of(tmp_path, "one")))
    die(supervisor)
    supervisor.tend()
    gone, left = psutil.wait_procs([grandchild], timeout=waiting.PATIENCE)
    assert gone or left[0].status() == psutil.STATUS_ZOMBIE
    assert supervisor.troubles() == {}


def test_stop_asks_first_and_kills_those_who_do_not_listen(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(deaf=DEAF, kind=WAITS)
    processes = [psutil.Process(watch.pid) for watch in supervisor.watches]
    for name in ("deaf", "kind"):
        log_of(tmp_path, name)
    began = time.monotonic()
    supervisor.stop(patience=0.5)
    assert 0.5 <= time.monotonic() - began < waiting.PATIENCE
    assert not [process for process in processes if process.is_running()]


def test_a_stopped_supervisor_starts_nothing_again(
    supervise: Callable[..., Supervisor], clock: Clock
) -> None:
    supervisor = supervise(one=WAITS)
    supervisor.stop(patience=0)
    clock.now += 3600
    assert supervisor.tend() == []


def test_a_log_grown_too_long_is_moved_aside_at_the_start(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "one.log"
    log.parent.mkdir()
    log.write_bytes(b"old\n" * 2_000_000)
    supervise(one=WAITS)
    assert log_of(tmp_path, "one") == "up\n"
    assert log.with_name("one.log.1").stat().st_size == 8_000_000


def test_the_environment_of_a_program_is_added_to_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "1")
    show = "import os; print(os.environ['OURS'], os.environ['ITS'], flush=True)"
    with Supervisor(tmp_path, [Program("one", [sys.executable, "-c", show], {"ITS": "2"})]):
        assert log_of(tmp_path, "one") == "1 2\n"


def test_a_program_that_is_not_there_is_an_error_and_nothing_is_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.supervisor.tethered", lambda command, when_orphaned: list(command))
    good = Program("good", [sys.executable, "-c", WAITS])
    supervisor = Supervisor(tmp_path, [good, Program("bad", ["/no/such/program"])])
    with pytest.raises(ServiceError, match="bad cannot be started"):
        supervisor.start()
    pid = supervisor.watches[0].pid
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_two_programs_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two processes of one name"):
        Supervisor(tmp_path, [Program("a", ["true"]), Program("a", ["true"])])


class Server:
    """Stands for an embedded server that can be killed."""

    name = "postgres"
    pid: int | None = 1

    def __init__(self) -> None:
        self.up, self.fails, self.tried = True, 0, 0

    def alive(self) -> bool:
        return self.up

    def restart(self) -> None:
        self.tried += 1
        if self.tried <= self.fails:
            raise ServiceError("the port is taken")
        self.up = True


def test_a_server_that_died_is_restarted_and_a_restart_that_fails_is_tried_again(
    tmp_path: Path, clock: Clock
) -> None:
    server = Server()
    supervisor = Supervisor(tmp_path, [], [server], clock=clock)
    supervisor.start()
    assert supervisor.tend() == []
    server.up, server.fails = False, 2
    started = []
    for _ in range(20):
        started += supervisor.tend()
        clock.now += 0.5
    assert (started, server.tried, server.up) == (["postgres"], 3, True)


# --- nothing is given up, and nobody else is touched ----------------------------------------------------


def rounds(supervisor: Supervisor, clock: Clock, condition: Callable[[], bool], what: str) -> None:
    """Tend, a second of the clock at a time, until the condition holds."""

    def tended() -> bool:
        supervisor.tend()
        clock.now += 1
        return condition()

    waiting.until(tended, what, progress=lambda: [watch.deaths for watch in supervisor.watches])


def test_one_that_dies_twenty_times_is_still_started_again_and_its_neighbour_lives_on(
    supervise: Callable[..., Supervisor], clock: Clock
) -> None:
    supervisor = supervise(one="raise SystemExit('port 5556 is busy')", two=WAITS)
    one, two = supervisor.watches
    neighbour = two.pid
    rounds(supervisor, clock, lambda: one.restarts >= 20, "it was started twenty times")
    assert (two.pid, two.restarts, two.deaths) == (neighbour, 0, 0)
    assert supervisor.troubles().keys() == {"one"}


def test_a_log_that_cannot_be_written_delays_only_its_own_program(
    supervise: Callable[..., Supervisor], clock: Clock, tmp_path: Path
) -> None:
    supervisor = supervise(one=WAITS, two=WAITS)
    one, two = supervisor.watches
    neighbour, log = two.pid, tmp_path / "logs" / "one.log"
    log.unlink()
    log.mkdir()  # nothing can be written there, not even by root
    die(supervisor)
    rounds(supervisor, clock, lambda: one.deaths >= FAILING, "it could not be started")
    assert (one.pid, two.pid, two.restarts) == (None, neighbour, 0)
    log.rmdir()
    rounds(supervisor, clock, lambda: one.restarts == 1, "it is started once the log can be written")
    assert log_of(tmp_path, "one") == "up\n"


def test_a_program_that_is_away_during_an_upgrade_is_started_once_it_is_back(
    clock: Clock, tmp_path: Path
) -> None:
    script = tmp_path / "program.py"
    script.write_text(WAITS)
    program = Program("one", [sys.executable, str(script)])
    with Supervisor(tmp_path, [program], clock=clock) as supervisor:
        (one,) = supervisor.watches
        log_of(tmp_path, "one")
        script.rename(tmp_path / "old.py")
        die(supervisor)
        rounds(supervisor, clock, lambda: one.failing, "it keeps dying")
        assert "No such file" in supervisor.troubles()["one"]
        (tmp_path / "old.py").rename(script)
        before = one.restarts
        rounds(supervisor, clock, lambda: one.restarts > before, "it is started again")
        waiting.until(lambda: log_of(tmp_path, "one").endswith("up\n"), "it is up")
