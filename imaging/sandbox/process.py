"""A process of ours that handles bytes of unknown origin: what they break is that process and nothing else.

Both ends stand here: how it is started and listened to, and what it gives up before it looks at anything.
"""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = resource.getpagesize()

OWN_FAULTS: Final = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGABRT,
        signal.SIGTRAP,
        signal.SIGSYS,
        signal.SIGXCPU,
        signal.SIGXFSZ,
    }
)
"""What ends a process that broke of itself; any other signal came from outside."""


# --- the end that starts it ----------------------------------------------------------------------


class Confined:
    """A process with a socket to it. It ends when the socket is closed; killed where that takes too long.

    Args:
        command: program and arguments.
        file: its standard input; the socket where None. The socket is always its standard output.
    """

    def __init__(self, command: Sequence[str], file: IO[bytes] | None = None) -> None:
        self.channel, theirs = socket.socketpair()
        try:
            with theirs:
                self.process = subprocess.Popen(
                    command,
                    stdin=file if file is not None else theirs.fileno(),
                    stdout=theirs.fileno(),
                    cwd="/",
                    env=_environment(),
                )
        except BaseException:
            self.channel.close()
            raise

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of ``data`` before ``deadline`` (``time.monotonic``).

        Raises:
            TimeoutError, OSError: it hung, or it has ended.
        """
        self.channel.settimeout(max(deadline - time.monotonic(), 0.001))
        self.channel.sendall(data)

    def fill(self, view: memoryview, deadline: float) -> None:
        """Fill ``view`` with what it says next; raises as :meth:`send`."""
        while len(view):
            self.channel.settimeout(max(deadline - time.monotonic(), 0.001))
            if not (count := self.channel.recv_into(view)):
                raise ConnectionError("it has ended")
            view = view[count:]

    def receive(self, size: int, deadline: float) -> bytes:
        """The next ``size`` bytes; raises as :meth:`send`."""
        data = bytearray(size)
        self.fill(memoryview(data), deadline)
        return bytes(data)

    def end(self, patience: float = 5.0) -> int:
        """Wait for its end, or bring it about; the signal that ended it, or 0."""
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return max(0, -self.process.wait(timeout=patience))
        self.kill()
        return 0

    def kill(self) -> None:
        """End it now."""
        self.channel.close()
        self.process.kill()
        self.process.wait()


def _environment() -> dict[str, str]:
    """What it is told: nothing of ours, least of all passwords.

    One arena keeps its address space small. Blocks below 32 MB are kept for the next picture: to get them
    from the kernel each time costs a fifth of the decoding.
    """
    return {
        "PYTHONPATH": str(_ROOT),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    }


# --- the process itself --------------------------------------------------------------------------


def confine(memory: int) -> None:
    """Give up what this process never needs, and all memory but ``memory`` bytes more; cannot be taken back.

    Signals that are sent to a whole group are ignored: this process ends with the one it works for.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    most = address_space() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def silence(*streams: int) -> None:
    """Send what C libraries say about a vendor's file nowhere: it would fill the worker's log."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nowhere, stream)
    os.close(nowhere)


def address_space() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
