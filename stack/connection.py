"""How a command reaches the line: by its settings, by the stack that is up, or by a Postgres of its own.

Importing this module imports neither the settings nor pydantic: that takes longer than the rest of ``sluice status``.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from line.errors import unreachable
from stack.servers.home import HomeLock

if TYPE_CHECKING:
    import psycopg

    from line.settings import Settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a stack that is up is reached; kept in ``SLUICE_HOME/stack.json``, readable by its user only."""

    pid: int
    database_url: str
    broker_url: str
    bucket_url: str
    flower_url: str = ""
    desk_url: str = ""

    def write(self, home: Path) -> None:
        write_private(_file(home), json.dumps(asdict(self)))

    def applied_to(self, settings: "Settings") -> "Settings":
        """The settings with the servers and the bucket of this stack."""
        from pydantic import SecretStr

        return settings.model_copy(
            update={
                "database_url": SecretStr(self.database_url),
                "broker_url": SecretStr(self.broker_url),
                "bucket_url": self.bucket_url,
            }
        )


def running(home: Path) -> Addresses | None:
    """The stack that is up in a state folder, if one is."""
    try:
        addresses = Addresses(**json.loads(_file(home).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    # the lock, not the pid: after a crash another process may bear its number
    return addresses if HomeLock(home).is_taken() else None


def write_private(path: Path, text: str) -> None:
    """Write a file anew that nobody but its user can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def forget(home: Path) -> None:
    """The stack is down."""
    _file(home).unlink(missing_ok=True)


@contextmanager
def reader(settings: Callable[[], "Settings"]) -> Iterator["psycopg.Connection[Any]"]:
    """A connection to the records for one command that only reads, by the driver alone: it is there at once.

    Args:
        settings: reads them; not called where the environment names no Postgres and a line is up in its state folder.

    Raises:
        ServiceError: Postgres cannot be reached.
    """
    import psycopg

    with _database_url(settings) as url:
        address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        try:
            with psycopg.connect(address, connect_timeout=5, autocommit=True) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise unreachable("Postgres", str(error), "SLUICE_DATABASE_URL") from error


@contextmanager
def _database_url(settings: Callable[[], "Settings"]) -> Iterator[str]:
    if addresses := _running_by_environment():
        yield addresses.database_url
        return
    with reachable(settings()) as reached:
        yield reached.database()


def _running_by_environment() -> Addresses | None:
    """The stack that is up where the environment says that the line lies; None where the settings must be read."""
    environment = {name.upper(): value for name, value in os.environ.items()}
    if "SLUICE_DATABASE_URL" in environment:
        return None
    try:
        return running(Path(environment.get("SLUICE_HOME", "~/.sluice")).expanduser().resolve())
    except (OSError, RuntimeError):  # the settings say what is wrong with the folder
        return None


@contextmanager
def reachable(settings: "Settings") -> Iterator["Settings"]:
    """The settings with which one command reaches the records, whose schema is up to date.

    Starts the embedded Postgres where no line is up, and stops it again.
    """
    if settings.database_url is not None:
        yield settings
        return
    if addresses := running(settings.home_folder):
        yield addresses.applied_to(settings)
        return
    from pydantic import SecretStr

    from records.database import Database
    from stack.servers.postgres import EmbeddedPostgres

    with EmbeddedPostgres(settings.home_folder) as server:
        database = Database(server.url)
        database.migrate()
        database.close()
        yield settings.model_copy(update={"database_url": SecretStr(server.url)})


def _file(home: Path) -> Path:
    return home / "stack.json"
