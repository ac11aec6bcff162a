"""Keeping the line's own processes running: started, restarted when they die, stopped together."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from line.errors import ServiceError
from stack.servers.logfile import open_log, tail
from stack.servers.parent_death_signal import tethered

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
"""Pause before the first restart; doubled at each death that follows (s)."""

LONGEST_PAUSE = 60.0
"""Maximum pause between two restarts (s)."""

SETTLED = 30.0
"""Lifetime after which the next death of a process counts as a first one (s)."""

FAILING = 4
"""Deaths in a row after which a process is reported as failing."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    Attributes:
        name: unique; its log is ``home/logs/NAME.log``.
        command: program and arguments; anyone on the machine may read them, so no secret among them.
        env: set on top of our own environment; the place for secrets.
        when_orphaned: what the kernel sends it when we are killed.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    when_orphaned: signal.Signals = signal.SIGKILL


class Service(Protocol):
    """Something else that must run, such as an embedded server: restarted here, stopped by its owner."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    def alive(self) -> bool: ...

    def restart(self) -> object: ...


class Process:
    """A program as a child of ours, in a process group of its own."""

    def __init__(self, program: Program, logs: Path, cwd: Path):
        self.program, self.name = program, program.name
        self.log_path = logs / f"{program.name}.log"
        self._cwd = cwd
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def alive(self) -> bool:
        """Whether the process runs; if it has died, the rest of its process group is killed and the process reaped.

        The group is killed first: once the process is reaped, its PID, which is also the group's, may be reused.
        """
        if self._child is None or self._child.returncode is not None:
            return False
        if os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return True
        self.send(signal.SIGKILL)
        self._child.wait()
        return False

    def restart(self) -> None:
        """Start it; the one before must have ended.

        Raises:
            ServiceError: where it cannot even be started.
        """
        try:
            with open_log(self.log_path) as output:
                self._child = subprocess.Popen(
                    tethered(self.program.command, self.program.when_orphaned),
                    cwd=self._cwd,
                    env={**os.environ, **self.program.env},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C is for us: we then stop them in order
                )
        except OSError as error:
            raise ServiceError(f"{self.name} cannot be started: {error}") from error

    @property
    def ending(self) -> str:
        """How it ended: an exit code, a signal's name, or nothing while it lives."""
        code = self._child.returncode if self._child else None
        if code is None:
            return ""
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def send(self, number: signal.Signals) -> None:
        """To itself where it may clean up; to its whole group where it may not."""
        if self._child is None or self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self._child.pid, number)
            else:
                os.kill(self._child.pid, number)


@dataclass
class Watch:
    """One process or service, and how it fares.

    Attributes:
        restarts: how often it was started again.
        deaths: how often in a row it died before it had settled.
        due: when it is started again, on the supervisor's clock; None while it lives.
    """

    service: Service
    restarts: int = 0
    deaths: int = 0
    due: float | None = None
    since: float = 0.0

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self.service.pid if self.due is None else None

    @property
    def failing(self) -> bool:
        return self.deaths >= FAILING


class Supervisor:
    """Runs programs as children and keeps them running; one thread, which calls :meth:`tend` now and then.

    ``with Supervisor(home, programs, servers) as supervisor: while …: supervisor.tend()``

    Args:
        home: the state folder: logs go to ``home/logs``, and it is the children's current folder, so that
            no ``worker`` or ``tasks`` folder of the user's own is imported instead of ours.
        programs: started by :meth:`start` in this order.
        services: already running; only tended. Their owner stops them, after :meth:`stop`.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        home: Path,
        programs: Iterable[Program],
        services: Iterable[Service] = (),
        clock: Callable[[], float] = time.monotonic,
    ):
        self._clock = clock
        self._stopped = True
        self._processes = [Process(program, home / "logs", home) for program in programs]
        # services first: a worker that comes back wants its server
        self.watches = [Watch(service) for service in (*services, *self._processes)]
        names = [watch.name for watch in self.watches]
        if len(set(names)) < len(names):
            raise ValueError(f"two processes of one name: {sorted(names)}")

    def start(self) -> None:
        """Start every program.

        Raises:
            ServiceError: where one cannot be started; those that were are stopped again.
        """
        try:
            for process in self._processes:
                process.restart()
        except BaseException:
            self.stop(patience=0)
            raise
        for watch in self.watches:
            watch.since = self._clock()
        self._stopped = False

    def tend(self) -> list[str]:
        """Look after all of them once, and start what is due again; names those started."""
        started: list[str] = []
        for watch in () if self._stopped else self.watches:
            now = self._clock()
            if watch.due is None:
                if watch.service.alive():
                    if now - watch.since >= SETTLED:
                        watch.deaths = 0
                    continue
                ending = watch.service.ending if isinstance(watch.service, Process) else "see its log"
                log.warning("%s (process %s) died: %s", watch.name, watch.service.pid, ending)
                self._bury(watch, now)
            if watch.due is not None and now >= watch.due and self._revive(watch):
                started.append(watch.name)
        return started

    def _bury(self, watch: Watch, now: float) -> None:
        if now - watch.since >= SETTLED:
            watch.deaths = 0
        pause = min(FIRST_PAUSE * 2.0 ** min(watch.deaths, 16), LONGEST_PAUSE)
        watch.deaths += 1
        watch.due = now + pause

    def _revive(self, watch: Watch) -> bool:
        try:
            watch.service.restart()
        except ServiceError as error:
            log.warning("%s", error)
            self._bury(watch, self._clock())
            return False
        watch.restarts += 1
        watch.since, watch.due = self._clock(), None
        log.warning("%s started again (process %s)", watch.name, watch.pid)
        return True

    def troubles(self) -> dict[str, str]:
        """A sentence about each process that keeps dying, by its name; it is started again for ever all the same."""
        return {watch.name: self._sentence(watch) for watch in self.watches if watch.failing}

    @staticmethod
    def _sentence(watch: Watch) -> str:
        sentence = (
            f"keeps dying ({watch.deaths} times in a row); started again at least every {LONGEST_PAUSE:.0f} s"
        )
        if not isinstance(watch.service, Process):
            return sentence
        path = watch.service.log_path
        last = next((line for line in reversed(tail(path).splitlines()) if line.strip()), "")
        return f"{sentence}. Its log, {path}, ends: {last.strip()}"

    def stop(self, patience: float = 15.0) -> None:
        """Ask every program to finish (SIGTERM), and kill those that have not after ``patience`` seconds.

        A Celery worker finishes the shard in hand first. A second Ctrl-C (KeyboardInterrupt) while this
        waits kills them at once.
        """
        self._stopped = True
        for process in reversed(self._processes):
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + patience
        try:
            while self._left() and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            for process in self._left():
                process.send(signal.SIGKILL)
            while self._left():
                time.sleep(0.005)

    def _left(self) -> list[Process]:
        return [process for process in self._processes if process.alive()]

    def __enter__(self) -> "Supervisor":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
