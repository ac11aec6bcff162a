"""Tying a child process to the life of the one that started it."""

import functools
import shutil
import signal
import subprocess
from collections.abc import Sequence


@functools.cache
def setpriv() -> str | None:
    """The path of util-linux's ``setpriv`` if it knows ``--pdeathsig`` (2.33 or newer), else None.

    busybox has a ``setpriv`` too, without that option: so it is tried, not only looked for.
    """
    path = shutil.which("setpriv")
    if path is None:
        return None
    tried = subprocess.run([path, "--pdeathsig", "TERM", "true"], capture_output=True, check=False)
    return path if tried.returncode == 0 else None


def tethered(command: Sequence[str], when_orphaned: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command, made to get a signal when the one that started it dies, by ``kill -9`` too.

    It is the kernel that sends it (``PR_SET_PDEATHSIG``). Where there is no ``setpriv`` the command is
    returned as it is: it then outlives a killed parent, and the next start finds and stops it.

    To the kernel the parent is the *thread* that forked: start such children from the main one.
    """
    path = setpriv()
    if path is None:
        return list(command)
    return [path, "--pdeathsig", when_orphaned.name.removeprefix("SIG"), *command]
