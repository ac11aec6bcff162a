"""The whole line on this machine: servers, scheduler, workers and Flower, started and stopped together."""

import logging
import os
import socket
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from line.errors import ServiceError
from line.settings import Settings
from line.trouble import TroubleKind
from records import troubles
from records.database import Database
from stack import connection
from stack import programs as fleet
from stack.connection import Addresses
from stack.pages import USER, Page
from stack.servers.home import HomeLock
from stack.servers.postgres import EmbeddedPostgres
from stack.servers.redis import EmbeddedRedis
from stack.supervisor import Program, Service, Supervisor
from worker.topology import load

log = logging.getLogger(__name__)

REPORT_SECONDS = 5.0
"""Pause between two looks at which programs keep dying (s)."""


class Stack:
    """Everything that one machine needs; servers that are named by settings are used, not started.

    Args:
        settings: of the process that starts it.
        flower: whether to start Flower, on ``flower_port`` (the default one where None, any free one where 0).
        desk: whether to start the review desk, on ``desk_port``, likewise.
        quiet_seconds: quiet period of uploads where the setting of that name is not set.

    Attributes:
        settings: as it is up, those with which its servers and its bucket are reached.
        database: the records, as it is up.

    Raises:
        InputError: as it is entered, where a port is taken.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        flower: bool = False,
        flower_port: int | None = None,
        desk: bool = False,
        desk_port: int | None = None,
        quiet_seconds: float | None = None,
    ) -> None:
        home = self.home = settings.home_folder
        self.flower = Page.at("flower", flower_port, home) if flower else None
        self.desk = Page.at("desk", desk_port, home) if desk else None
        self.topology = load(settings.config)
        self.settings = settings
        self._exit = ExitStack()
        self._supervisor: Supervisor | None = None
        self._quiet_seconds = quiet_seconds
        self._failing: dict[str, str] = {}
        self._looked_at = 0.0

    def __enter__(self) -> Self:
        with self._exit:
            self._exit.enter_context(HomeLock(self.home, "a line"))
            for page in filter(None, (self.flower, self.desk)):
                page.check_port()
            servers, addresses = self._servers()
            self.settings = addresses.applied_to(self.settings)
            self.database = Database(self.settings.database())
            self._exit.callback(self.database.close)
            self.database.migrate()
            self._supervisor = Supervisor(self.home, self._programs(), servers)
            self._exit.enter_context(self._supervisor)
            addresses.write(self.home)
            self._exit.callback(connection.forget, self.home)
            self._exit = self._exit.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def tend(self) -> dict[str, str]:
        """Start again what died, for ever; answers a sentence about each program that keeps dying, by its name."""
        if self._supervisor is None:
            return {}
        self._supervisor.tend()
        now = time.monotonic()
        if now - self._looked_at >= REPORT_SECONDS:
            self._looked_at = now
            self._report(self._supervisor.troubles())
        return self._failing

    @property
    def is_reviving(self) -> bool:
        """Whether a process that died is to be started again."""
        return self._supervisor is not None and any(
            watch.due is not None for watch in self._supervisor.watches
        )

    def _report(self, failing: dict[str, str]) -> None:
        """Bring the troubles in the records up to date; the records themselves may be what fails."""
        before, self._failing = self._failing, failing
        host = socket.gethostname()

        def write(connection: sa.Connection) -> None:
            for name, sentence in failing.items():
                troubles.report(connection, TroubleKind.PROGRAM, f"{name} on {host}", sentence)
            for name in before.keys() - failing.keys():
                troubles.resolve(connection, TroubleKind.PROGRAM, f"{name} on {host}")

        if failing != before:
            try:
                self.database.transact(write, patience=0)
            except ServiceError as error:
                self._failing = before  # reported once the records are back
                log.warning("%s", error)

    def pids(self) -> dict[str, int]:
        """Process ids by name, for the curious and for tests."""
        watches = self._supervisor.watches if self._supervisor else []
        return {watch.name: watch.pid for watch in watches if watch.pid}

    def _servers(self) -> tuple[list[Service], Addresses]:
        """Start the servers that no setting names; answers these, and where all of them are."""
        started: list[Service] = []
        home, settings = self.home, self.settings
        database = settings.database_url.get_secret_value() if settings.database_url else ""
        broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
        if not database:
            postgres = self._exit.enter_context(EmbeddedPostgres(home))
            database = postgres.url
            started.append(postgres)
        if not broker:
            redis = self._exit.enter_context(EmbeddedRedis(home))
            broker = redis.url
            started.append(redis)
        flower, desk = (page.url if page else "" for page in (self.flower, self.desk))
        return started, Addresses(os.getpid(), database, broker, settings.bucket, flower, desk)

    def _programs(self) -> list[Program]:
        env = fleet.environment(self.settings, self.settings.database(), self.settings.broker())
        if self._quiet_seconds is not None and "quiet_seconds" not in self.settings.model_fields_set:
            env["SLUICE_QUIET_SECONDS"] = str(self._quiet_seconds)
        programs = [fleet.scheduler(env), *fleet.workers(self.topology, env)]
        if self.flower:
            desk = self.settings.desk_url or (self.desk.url if self.desk else "")
            linked = env | {"SLUICE_DESK_URL": desk}
            programs.append(fleet.flower(linked, self.flower.port, USER, self.flower.password()))
        if self.desk:
            programs.append(fleet.desk(env, self.desk.port, self.desk.password()))
        return programs
