"""The whole line on this machine: servers, scheduler, workers and Flower, started and stopped together."""

import os
import secrets
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from line.settings import settings
from records.database import migrate
from records.embedded import EmbeddedPostgres, EmbeddedRedis
from records.embedded.home import HomeLock
from records.embedded.port import free_port
from review import reach
from review.reach import Addresses
from worker import fleet
from worker.supervisor import Program, Service, Supervisor
from worker.topology import load


class Stack:
    """Everything that one machine needs; servers that are named by settings are used, not started.

    Args:
        flower: whether to start Flower, on ``flower_port`` (a free one where None).
    """

    def __init__(self, *, flower: bool = False, flower_port: int | None = None) -> None:
        self.flower = flower
        self.flower_port = flower_port
        self.topology = load(settings().config)
        self.addresses: Addresses | None = None
        self.flower_login = ""
        self._exit = ExitStack()
        self._supervisor: Supervisor | None = None

    def __enter__(self) -> Self:
        with self._exit:
            self._exit.enter_context(HomeLock(settings().home_folder, "a line"))
            servers = self._servers()
            self._exit.callback(self.addresses.use())  # type: ignore[union-attr]  # set by _servers
            migrate()
            self._supervisor = Supervisor(settings().home_folder, self._programs(), servers)
            self._exit.enter_context(self._supervisor)
            self.addresses.write()  # type: ignore[union-attr]
            self._exit.callback(reach.forget)
            self._exit = self._exit.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def login_file(self) -> Path:
        """Where ``user:password`` of Flower stands while it runs, for its user's eyes only."""
        return settings().home_folder / "flower.login"

    def tend(self) -> None:
        """Start again what died.

        Raises:
            ServiceError: something keeps dying; tells the end of its log.
        """
        if self._supervisor is None:
            return
        self._supervisor.tend()
        if trouble := self._supervisor.trouble():
            raise trouble

    def pids(self) -> dict[str, int]:
        """Process ids by name, for the curious and for tests."""
        watches = self._supervisor.watches if self._supervisor else []
        return {watch.name: watch.pid for watch in watches if watch.pid}

    def _servers(self) -> list[Service]:
        started: list[Service] = []
        home, set_ = settings().home_folder, settings()
        database = set_.database_url.get_secret_value() if set_.database_url else ""
        broker = set_.broker_url.get_secret_value() if set_.broker_url else ""
        if not database:
            postgres = self._exit.enter_context(EmbeddedPostgres(home))
            database = postgres.url
            started.append(postgres)
        if not broker:
            redis = self._exit.enter_context(EmbeddedRedis(home))
            broker = redis.url
            started.append(redis)
        flower = ""
        if self.flower:
            self.flower_port = self.flower_port or free_port()
            flower = f"http://127.0.0.1:{self.flower_port}"
        self.addresses = Addresses(os.getpid(), database, broker, set_.bucket, flower)
        return started

    def _programs(self) -> list[Program]:
        env = fleet.environment(settings(), settings().database(), settings().broker())
        programs = [fleet.scheduler(env), *fleet.workers(self.topology, env)]
        if self.flower and self.flower_port:
            password = secrets.token_urlsafe(18)
            self.flower_login = f"sluice:{password}"
            self.login_file.unlink(missing_ok=True)
            with os.fdopen(
                os.open(self.login_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(self.flower_login + "\n")
            self._exit.callback(self.login_file.unlink, missing_ok=True)
            programs.append(fleet.flower(env, self.flower_port, "sluice", password))
        return programs
