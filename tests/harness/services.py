"""Real servers for the tests: those that ``SLUICE_TEST_*_URL`` name, else embedded ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
import sqlalchemy as sa

from line.errors import ServiceError
from records.database import Database
from stack.servers.postgres import EmbeddedPostgres
from stack.servers.redis import EmbeddedRedis
from tests.harness import waiting


@dataclass
class Servers:
    """Postgres and Redis of one test session, with a migrated template to copy databases from."""

    postgres: EmbeddedPostgres | None
    redis: EmbeddedRedis | None
    database_url: str
    broker_url: str

    def __post_init__(self) -> None:
        self.template = f"template_{uuid4().hex[:8]}"
        self._sql(f"CREATE DATABASE {self.template} ENCODING 'UTF8' TEMPLATE template0")
        url = self.url_of(self.template)
        template = Database(url)
        template.migrate()
        template.close()

    def url_of(self, database: str) -> str:
        return sa.make_url(self.database_url).set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh migrated database, dropped afterwards."""
        name = f"test_{uuid4().hex[:12]}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        try:
            yield self.url_of(name)
        finally:
            self._drop(name)

    def _drop(self, name: str) -> None:
        """Drop a database; autovacuum may be in it, which only a superuser may end, and leaves by itself."""

        def dropped() -> bool:
            try:
                self._sql(f"DROP DATABASE {name} WITH (FORCE)")
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                return False
            return True

        waiting.until(dropped, f"database {name} is dropped")

    def broker(self) -> Any:
        return redis.Redis.from_url(self.broker_url)

    def _sql(self, statement: str) -> None:
        url = sa.make_url(self.database_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def servers(home: Path) -> Iterator[Servers]:
    """Start what no variable names; skip on a laptop where it cannot be started, fail in CI."""
    named = os.environ.get("SLUICE_TEST_DATABASE_URL"), os.environ.get("SLUICE_TEST_BROKER_URL")
    if named[0] and named[1]:
        yield Servers(None, None, named[0], named[1])
        return
    postgres, broker = EmbeddedPostgres(home), EmbeddedRedis(home)
    try:
        database_url, broker_url = postgres.start(), broker.start()
    except ServiceError as error:
        postgres.stop()
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    try:
        yield Servers(postgres, broker, database_url, broker_url)
    finally:
        broker.stop()
        postgres.stop()
