"""The way to Postgres: one engine for each process, short transactions, and the schema's migrations."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.pq import ExecStatus
from sqlalchemy.exc import DBAPIError, OperationalError

from line.errors import ServiceError, unreachable

T = TypeVar("T")

_MIGRATION_LOCK = 0x5105CE  # any number that no other program takes

CONNECT_ARGS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,  # ms
    "prepare_threshold": None,  # a pooler in transaction mode gives each transaction another server process
}
"""A server that vanished without a word is left within 20 s."""

SERVER_OPTIONS: Final = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": "120s",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "600s",
        # and the server ends the transaction of a client that vanished, with its locks
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 3,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": 12_000,
    }.items()
)
"""Settings of each session, as libpq hands them over."""

MAX_UNCHECKED_SECONDS: Final = 1.0
"""Maximum time since its last use for which a pooled connection is taken without asking the server (s)."""

READ_ONLY: Final = "25006"
"""SQLSTATE of a server that takes no writes: it was the primary, or it is not yet."""


_WRITTEN = sa.text("SELECT pg_current_xact_id_if_assigned()::text")
"""The number of a transaction that wrote something; NULL of one that only read."""


def _connect(dialect: Any, record: Any, words: list[Any], options: dict[str, Any]) -> Any:
    """Connect; without the server's own settings where a pooler (PgBouncer) takes none."""
    try:
        return dialect.loaded_dbapi.connect(*words, **options)
    except psycopg.OperationalError as error:
        if "unsupported startup parameter" not in str(error):
            raise
        return dialect.loaded_dbapi.connect(*words, **(options | {"options": ""}))


def _note_use(dbapi_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _check_use(dbapi_connection: Any, record: Any, fairy: Any) -> None:
    """Ask the server whether a pooled connection still holds, unless it answered a moment ago.

    The round trip is a fifth of a short transaction. A connection that breaks within the moment fails the
    transaction, which :meth:`Database.transact` repeats.
    """
    if time.monotonic() - record.info["used_at"] <= MAX_UNCHECKED_SECONDS:
        return
    try:
        # by libpq, without the transaction that psycopg would begin and end for it
        status = dbapi_connection.pgconn.exec_(b"").status
    except psycopg.Error as error:
        raise sa.exc.InvalidatePoolError from error
    if status != ExecStatus.EMPTY_QUERY:
        raise sa.exc.InvalidatePoolError


class Database:
    """A Postgres database: one engine for each process, short transactions, and the schema's migrations."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engines: dict[int, sa.Engine] = {}

    @property
    def engine(self) -> sa.Engine:
        """This process's engine. It never crosses a fork: two processes on one connection would mix up answers."""
        pid = os.getpid()
        if pid not in self._engines:
            self._engines[pid] = sa.create_engine(
                self.url,
                pool_size=3,
                max_overflow=5,
                connect_args=CONNECT_ARGS | {"application_name": f"sluice-{pid}", "options": SERVER_OPTIONS},
            )
            sa.event.listen(self._engines[pid], "do_connect", _connect)
            sa.event.listen(self._engines[pid], "connect", _note_use)
            sa.event.listen(self._engines[pid], "checkin", _note_use)
            sa.event.listen(self._engines[pid], "checkout", _check_use)
        return self._engines[pid]

    def close(self) -> None:
        """Close this process's connections; the next transaction opens new ones."""
        if engine := self._engines.pop(os.getpid(), None):
            engine.dispose()

    def transact(self, work: Callable[[sa.Connection], T], *, actor: str = "", patience: float = 60.0) -> T:
        """Run ``work`` in one transaction, again after an outage of Postgres, for ``patience`` seconds.

        Where the answer to the commit is lost, Postgres is asked what became of it, so that what is written
        is written once. ``work`` may run more than once, but only after a transaction that left nothing.

        Args:
            work: gets the connection.
            actor: who is behind it, for the event rows; the line itself where empty.
            patience: seconds; 0 tries once.

        Raises:
            ServiceError: Postgres stayed away.
        """
        deadline = time.monotonic() + patience
        pause = 0.05
        while True:
            written = None
            try:
                with self.engine.connect() as connection, connection.begin() as transaction:
                    if actor:
                        connection.execute(sa.select(sa.func.set_config("sluice.actor", actor, True)))
                    answer = work(connection)
                    written = connection.scalar(_WRITTEN)
                    transaction.commit()
                    return answer
            except DBAPIError as error:
                if not is_outage(error):
                    raise
                if getattr(error.orig, "sqlstate", None) == READ_ONLY:
                    self.engine.dispose()  # the name may lead to the new primary by now
                if written is not None and self._was_committed(written, deadline):
                    return answer
                if time.monotonic() + pause > deadline:
                    raise unreachable("Postgres", _first_line(error), "SLUICE_DATABASE_URL") from error
                time.sleep(pause)
                pause = min(2 * pause, 2.0)

    def autocommit(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` once, each statement in a transaction of its own: one round trip instead of four.

        For reads, and for single writes that may be lost or done twice.

        Raises:
            ServiceError: Postgres is away.
        """
        try:
            with self.engine.connect() as connection:
                return work(connection.execution_options(isolation_level="AUTOCOMMIT"))
        except DBAPIError as error:
            if not is_outage(error):
                raise
            raise unreachable("Postgres", _first_line(error), "SLUICE_DATABASE_URL") from error

    def _was_committed(self, number: str, deadline: float) -> bool:
        """What became of a transaction whose commit was not answered.

        Raises:
            ServiceError: Postgres stayed away, so that nobody knows.
        """
        while True:
            try:
                with self.engine.connect() as connection:
                    status = connection.scalar(
                        sa.text("SELECT pg_xact_status(CAST(:number AS xid8))"), {"number": number}
                    )
                if status != "in progress":
                    return bool(status == "committed")
            except DBAPIError as error:
                if not is_outage(error):
                    raise
                if time.monotonic() > deadline:
                    raise ServiceError(
                        f"Postgres went away in the middle of a commit: {_first_line(error)}"
                    ) from error
            time.sleep(0.05)

    def migrate(self) -> None:
        """Bring the schema up to date; several processes may do so at once.

        Raises:
            ServiceError: Postgres cannot be reached.
        """
        from alembic import command  # a third of a second, for whoever only asks the records something
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        try:
            with self.engine.begin() as connection:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            raise unreachable("Postgres", _first_line(error), "SLUICE_DATABASE_URL") from error


def is_outage(error: BaseException) -> bool:
    """Whether Postgres was away or cancelled the transaction, so that the same call may work later."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    # 08 connection, 40 rollback (deadlock, serialisation), 53 resources, 57P admin shutdown or start-up
    passing = state[:2] in ("08", "40", "53") or state == READ_ONLY
    return error.connection_invalidated or isinstance(error, OperationalError) or passing


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
