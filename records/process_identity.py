"""Tells processes apart across hosts, containers and reboots, so that a living one is never taken for dead."""

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def process_identity(pid: int | None = None) -> str:
    """``BOOT/NAMESPACE/PID/START`` of a process of this PID namespace; this process where ``pid`` is None.

    The boot id tells hosts and reboots apart, the PID namespace containers of one host, the start time
    (clock ticks since boot) processes that were given the same number one after the other. Empty where
    the system does not tell: nothing is then known about that process from outside.
    """
    pid = os.getpid() if pid is None else pid
    start = _start_time(pid)
    origin = _origin()
    return f"{origin}/{pid}/{start}" if origin and start else ""


def is_known_dead(identity: str) -> bool:
    """Whether the process of that identity has certainly ended; False where it cannot be seen from here."""
    parts = identity.rsplit("/", 2)
    if len(parts) != 3 or parts[0] != _origin() or not parts[1].isdecimal():
        return False
    pid = int(parts[1])
    start = _start_time(pid)
    if start is None and _exists(pid):  # /proc may hide the processes of other users
        return False
    return start != parts[2]


def _origin() -> str:
    """The boot id of this host and the PID namespace of this process; empty where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        return ""
    return f"{boot}/{namespace}"


def _start_time(pid: int) -> str | None:
    """Clock ticks between boot and the start of a process; None where it has ended or is not to be seen."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if state in "ZX" else fields[18]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return (_PROC / str(pid)).exists() is False  # ours, and yet not to be seen
