"""The state folder of one line, and the lock that keeps a second stack out of it."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from line.errors import ServiceError


def make_home(home: Path) -> Path:
    """The state folder as an absolute path, made where it is missing; one that is there stays as it is.

    Only its user may list it. Root's may be passed through as well, since the servers below it
    run as another user then; what is secret below it has its own mode.
    """
    home = home.expanduser().resolve()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise ServiceError(
            f"the state folder {home} cannot be made: {error.strerror}. "
            "Set SLUICE_HOME to a folder that you may write to."
        ) from error
    return home


class HomeLock:
    """Holds a folder for one process, as long as that process lives or until :meth:`release`.

    A lock of the kernel (``flock``), not a pid file: it cannot be stale, however its holder died.

    Args:
        home: the folder; made where it is missing.
        what: what runs in it, for the error.

    Raises:
        ServiceError: from :meth:`acquire`, naming the process that holds it.
    """

    def __init__(self, home: Path, what: str = "a line"):
        self.path = make_home(home) / "lock"
        self._what = what
        self._file: int | None = None

    def is_taken(self) -> bool:
        """Whether some process, this one too, holds the folder; asked of the kernel, so never stale."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> Self:
        if self._file is not None:
            return self
        try:
            # not inheritable: a server that outlives us must not keep the lock alive
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ServiceError(
                f"{self.path} cannot be opened: {error.strerror}. It was made by another user: "
                "run as that user, or set SLUICE_HOME to a folder of your own."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise ServiceError(
                f"{self._what} already runs in {self.path.parent} (process {holder}). "
                "Stop that one first, or set SLUICE_HOME to another folder for this one."
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file
        return self

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
