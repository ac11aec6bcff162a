"""The whole line on this machine: servers, scheduler, workers and Flower, started and stopped together."""

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from line.settings import settings
from records.database import migrate
from stack import connection
from stack import programs as fleet
from stack.connection import Addresses
from stack.servers import EmbeddedPostgres, EmbeddedRedis
from stack.servers.home import HomeLock
from stack.servers.port import free_port
from stack.supervisor import Program, Service, Supervisor
from worker.topology import load

USER = "sluice"
"""Who logs in at Flower; at the desk people give a name of their own."""


@dataclass(frozen=True)
class Page:
    """A page of the line on this machine, behind a password that is new at each start."""

    name: str
    port: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def login_file(self) -> Path:
        """Where ``user:password`` stands while it runs, for its user's eyes only."""
        return settings().home_folder / f"{self.name}.login"

    def write(self) -> None:
        connection.write_private(self.login_file, f"{USER}:{self.password}\n")


class Stack:
    """Everything that one machine needs; servers that are named by settings are used, not started.

    Args:
        flower: whether to start Flower, on ``flower_port`` (a free one where None).
        desk: whether to start the review desk, on ``desk_port`` (a free one where None).
    """

    def __init__(
        self,
        *,
        flower: bool = False,
        flower_port: int | None = None,
        desk: bool = False,
        desk_port: int | None = None,
    ) -> None:
        self.flower = Page("flower", flower_port or free_port()) if flower else None
        self.desk = Page("desk", desk_port or free_port()) if desk else None
        self.topology = load(settings().config)
        self.addresses: Addresses | None = None
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
            self._exit.callback(connection.forget)
            self._exit = self._exit.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

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
        flower, desk = (page.url if page else "" for page in (self.flower, self.desk))
        self.addresses = Addresses(os.getpid(), database, broker, set_.bucket, flower, desk)
        return started

    def _programs(self) -> list[Program]:
        env = fleet.environment(settings(), settings().database(), settings().broker())
        programs = [fleet.scheduler(env), *fleet.workers(self.topology, env)]
        for page in filter(None, (self.flower, self.desk)):
            page.write()
            self._exit.callback(page.login_file.unlink, missing_ok=True)
        if self.flower:
            programs.append(fleet.flower(env, self.flower.port, USER, self.flower.password))
        if self.desk:
            programs.append(fleet.desk(env, self.desk.port, self.desk.password))
        return programs
