"""How a command reaches the line: by its settings, by the stack that is up, or by a Postgres of its own."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from line.errors import ServiceError
from line.settings import settings
from stack.servers.home import HomeLock

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a stack that is up is reached; kept in ``SLUICE_HOME/stack.json``, readable by its user only."""

    pid: int
    database_url: str
    broker_url: str
    bucket_url: str
    flower_url: str = ""
    desk_url: str = ""

    def write(self) -> None:
        write_private(_file(), json.dumps(asdict(self)))

    def use(self) -> Callable[[], None]:
        """Let this process and its children work with these; answers how to undo that."""
        told = {
            "SLUICE_DATABASE_URL": self.database_url,
            "SLUICE_BROKER_URL": self.broker_url,
            "SLUICE_BUCKET_URL": self.bucket_url,
        }
        before = {name: os.environ.get(name) for name in told}
        os.environ.update(told)
        settings.cache_clear()

        def undo() -> None:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            settings.cache_clear()

        return undo


def running() -> Addresses | None:
    """The stack that is up in SLUICE_HOME, if one is."""
    try:
        found = Addresses(**json.loads(_file().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    # the lock, not the pid: after a crash another process may bear its number
    return found if HomeLock(settings().home_folder).is_taken() else None


def write_private(path: Path, text: str) -> None:
    """Write a file anew that nobody but its user can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def forget() -> None:
    """The stack is down."""
    _file().unlink(missing_ok=True)


@contextmanager
def reader() -> Iterator["psycopg.Connection[Any]"]:
    """A connection to the records for one command that only reads, by the driver alone: it is there at once.

    Raises:
        ServiceError: Postgres cannot be reached.
    """
    import psycopg

    with records():
        url = settings().database().replace("postgresql+psycopg://", "postgresql://", 1)
        try:
            with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise ServiceError(f"Postgres cannot be reached: {str(error).strip().splitlines()[0]}") from error


@contextmanager
def records() -> Iterator[None]:
    """Reach the records for one command, with the schema up to date.

    Starts the embedded Postgres where no line is up, and stops it again.
    """
    if settings().database_url is not None:
        yield
        return
    if found := running():
        found.use()
        yield
        return
    from records.database import migrate
    from stack.servers.postgres import EmbeddedPostgres

    with EmbeddedPostgres(settings().home_folder) as server:
        os.environ["SLUICE_DATABASE_URL"] = server.url
        settings.cache_clear()
        try:
            migrate()
            yield
        finally:
            del os.environ["SLUICE_DATABASE_URL"]
            settings.cache_clear()


def _file() -> Path:
    return settings().home_folder / "stack.json"
