"""What both private servers have in common: folder, lock, password, port, start, stop, what a crash left."""

import logging
import os
import secrets
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import psutil

from line.errors import ServiceError
from stack.servers.home import HomeLock, make_home
from stack.servers.logfile import open_log, tail
from stack.servers.parent_death_signal import tethered
from stack.servers.port import free_port, is_free
from stack.servers.process_cleanup import end, servers_in
from stack.servers.service_user import Account, choose

log = logging.getLogger(__name__)

STARTING = 60.0
"""Seconds a server may take until it answers; a Postgres that was killed replays its log first."""

STOPPING = 10.0
"""Seconds a server may take to stop cleanly before it is killed."""

ATTEMPTS = 10
"""How many ports are tried, as another process may take one between choosing and binding it."""


class _PortTakenError(Exception):
    """Raised inside a start when another process was quicker to bind the port."""


class Server(ABC):
    """A server of one user in one folder, on 127.0.0.1, behind a random password.

    The folder keeps the password (mode 0600) and the port, so the URL is the same after a restart.
    The server dies with the process that started it; start it from the main thread.

    Args:
        home: the line's state folder; the server's own is ``home/NAME``, its log ``home/logs/NAME.log``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    process_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path):
        self.home = make_home(home)
        self.folder = self.home / self.name
        self.data = self.folder / "data"
        self.log_path = self.home / "logs" / f"{self.name}.log"
        self.password = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: HomeLock | None = None

    # --- what each server knows of itself ------------------------------------------------------

    @property
    @abstractmethod
    def binary(self) -> Path:
        """The server's program, from its wheel."""

    @property
    def probe(self) -> Path:
        """A program that says its version if the server itself could start as that user."""
        return self.binary

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers, with its password: for clients, never for messages. Known after a start."""

    @abstractmethod
    def _prepare(self, account: Account) -> None:
        """Make ready what the program needs before it starts: a cluster, a configuration, a password."""

    @abstractmethod
    def _command(self, port: int) -> list[str]:
        """The program and its arguments; no secret among them."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether our own server, and no other that sits on its port, lets a client in."""

    @abstractmethod
    def _recorded_pid(self) -> int | None:
        """The process id that the server itself wrote down, if any."""

    # --- its life ------------------------------------------------------------------------------

    def start(self) -> str:
        """Start, over whatever a crash left behind, and return the URL; just return it if it runs.

        Raises:
            ServiceError: what went wrong, the end of the server's log, and how to mend it.
        """
        if not self.alive():
            self._start(may_move=True)
        return self.url

    def restart(self) -> str:
        """Stop if need be, and start on the same port with the same password, so that URLs stay valid.

        Raises:
            ServiceError: as :meth:`start`; also where another process has taken the port meanwhile.
        """
        self._end()
        self._start(may_move=False)
        return self.url

    def stop(self) -> None:
        """Stop cleanly, or hard after ten seconds; does nothing where nothing runs."""
        self._end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def alive(self) -> bool:
        """Whether the process that was started still runs; one that was killed is noticed here."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def port(self) -> int:
        """The port it was last started on; 0 before the first start."""
        try:
            return int(self._port_file.read_text())
        except (OSError, ValueError):
            return 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self) -> None:
        if self._process is None:
            return
        if self.alive():
            end([psutil.Process(self._process.pid)], self.stop_signal, STOPPING)
            log.info("%s stopped", self.title)
        self._process.wait()
        self._process = None

    # --- starting ------------------------------------------------------------------------------

    def _start(self, *, may_move: bool) -> None:
        if not self.binary.exists():
            raise ServiceError(
                f"{self.title} is not where its wheel puts it ({self.binary}): `make install`."
            )
        try:
            make_home(self.folder)
            self._lock = self._lock or HomeLock(self.folder, what=self.title).acquire()
            end(servers_in(self.data, self.process_name, self._recorded_pid()), self.stop_signal, STOPPING)
            self.data.mkdir(mode=0o700, exist_ok=True)
            account = choose(self.probe, self.data, self.title)
            self._prepare(account)
            self._find_port(account, may_move=may_move)
        except OSError as error:
            self.stop()
            raise self._trouble(
                f"did not start: {error}", f"Make sure that {self.home} is yours and has room."
            ) from error
        except BaseException:
            self.stop()
            raise

    def _find_port(self, account: Account, *, may_move: bool) -> None:
        deadline = time.monotonic() + STARTING
        port = self.port or free_port()
        for _ in range(ATTEMPTS):
            if may_move and not is_free(port):
                port = free_port()
            try:
                self._launch(account, port, deadline)
            except _PortTakenError:
                time.sleep(0.2)
                continue
            log.info("%s runs on port %d as %s", self.title, port, account.name)
            return
        raise self._trouble(
            f"could not bind 127.0.0.1:{port}, another process has taken it",
            "Stop that process; or stop the whole line and start it again, it then takes another port.",
        )

    def _launch(self, account: Account, port: int, deadline: float) -> None:
        self._keep("port", str(port))
        began = self._spawn(account, port)
        while time.monotonic() < deadline:
            if not self.alive():
                log_end = tail(self.log_path, lines=100, since=began)
                if "Address already in use" in log_end:
                    raise _PortTakenError
                if "pre-existing shared memory block" not in log_end:
                    break
                time.sleep(0.1)  # children of a server that was killed are still on their way out
                began = self._spawn(account, port)
            elif self._answers():
                return
            else:
                time.sleep(0.02)
        code = self._process.poll() if self._process else None
        end_of_it = "does not answer" if code is None else f"ended with {code}"
        raise self._trouble(
            f"did not start: it {end_of_it}",
            f"If its data is damaged, move {self.folder} away; the line then starts with empty records.",
        )

    def _spawn(self, account: Account, port: int) -> int:
        """Start the process; the answer is where in the log its own lines begin."""
        with open_log(self.log_path) as output:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                # the tether goes inside: the kernel forgets it when the user changes
                [*account.prefix(), *tethered(self._command(port), self.stop_signal)],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is for us: servers are stopped last
                umask=0o077,
                env=environment(),
                **account.popen_user(),
            )
            return output.tell()

    # --- its files -----------------------------------------------------------------------------

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _keep(self, name: str, text: str) -> Path:
        """Write a small file of ours whole or not at all, for our eyes only."""
        fresh = self.folder / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return fresh.replace(self.folder / name)

    def _kept_password(self) -> str:
        try:
            return self._password_file.read_text().strip()
        except FileNotFoundError:
            return ""

    def _trouble(self, what: str, mend: str) -> ServiceError:
        log_end = tail(self.log_path)
        if self.password:
            log_end = log_end.replace(self.password, "***")
        shown = f"\nThe end of its log, {self.log_path}:\n{log_end}" if log_end else ""
        return ServiceError(f"{self.title} {what}. {mend}{shown}")


def new_password() -> str:
    """256 bits of letters and digits only, so that it needs no quoting in a URL, in SQL or in a file."""
    return secrets.token_hex(32)


def environment() -> dict[str, str]:
    """What a server may know of our environment: no secret of ours, and messages in English."""
    inherited = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if key in os.environ}
    return {**inherited, "LC_ALL": "C"}
