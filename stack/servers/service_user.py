"""As whom a private server runs: never as root, and with no more rights than it needs to be there."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from line.errors import ServiceError
from stack.servers.parent_death_signal import setpriv

UNPRIVILEGED = ("postgres", "nobody")
"""Users to run as where Sluice itself runs as root: the first that the machine has. None is ever made."""

RIGHTS = (None, "dac_read_search", "dac_override")
"""Capabilities tried in turn, least first, until the user can pass the folders above the server's own."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user a server runs as.

    Attributes:
        name, uid, gid: the user.
        switch: whether Sluice runs as root and so has to become that user.
        right: the one capability kept beyond that user's own rights, without the ``cap_``: root's state
            folder or virtual environment often lies where nobody else may pass (``/root``), and opening
            such a folder to everybody is not ours to do.
    """

    name: str
    uid: int
    gid: int
    switch: bool
    right: str | None = None

    def prefix(self) -> list[str]:
        """The words to put before a command so that it runs as this user."""
        path = setpriv()
        if not self.switch or path is None:
            return []
        words = [path, f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", "--no-new-privs"]
        if self.right is None:
            return [*words, "--inh-caps=-all"]
        # access(2) looks away from an ordinary user's capabilities, and Postgres finds itself by it,
        # unless no_setuid_fixup is set; the capabilities are cut down to the one at the next exec all the same
        words += ["--securebits=+no_setuid_fixup"]
        return [*words, f"--inh-caps=-all,+{self.right}", f"--ambient-caps=-all,+{self.right}"]

    def popen_user(self) -> dict[str, object]:
        """What :class:`subprocess.Popen` must be told where ``setpriv`` is missing."""
        if not self.switch or setpriv() is not None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Give one of the server's own files or folders to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def choose(probe: Path, data: Path, what: str) -> Account:
    """The account for a server whose own folder is ``data``.

    ``probe`` is a program of that server which can say its version if, and only if, the server can start.

    Whoever owns ``data`` keeps it. A folder of root's is given to the account that is chosen.

    Raises:
        ServiceError: where no account can run the program in that folder; says how to mend it.
    """
    if os.geteuid() != 0:
        me = os.geteuid()
        owner = data.stat().st_uid
        if owner != me:
            raise ServiceError(
                f"{data} belongs to {_name(owner)}, not to you ({_name(me)}). "
                "Run as that user, or set SLUICE_HOME to a folder of your own."
            )
        return Account(_name(me), me, os.getegid(), switch=False)
    uid, gid = _unprivileged(data, what)
    try:
        os.chown(data, uid, gid)
    except OSError as error:
        raise ServiceError(
            f"{what} does not run as root, and this root may not become {_name(uid)} ({error.strerror}; a "
            "container without the capabilities chown, setuid and setgid?). Run as an ordinary user, "
            "or use outside servers (SLUICE_DATABASE_URL, SLUICE_BROKER_URL)."
        ) from error
    reason = ""
    for right in RIGHTS if setpriv() else RIGHTS[:1]:
        account = Account(_name(uid), uid, gid, switch=True, right=right)
        works, reason = _try(account, probe, data)
        if works:
            return account
    raise ServiceError(
        f"{what} does not run as root, and cannot run as {_name(uid)} either: {reason or 'no reason given'}. "
        f"That user must be able to pass the folders above {data} and {probe}. "
        "Set SLUICE_HOME to a folder such as /var/lib/sluice and keep the virtual environment outside "
        "/root, or install util-linux (setpriv), or run as an ordinary user, "
        "or use outside servers (SLUICE_DATABASE_URL, SLUICE_BROKER_URL)."
    )


def _try(account: Account, probe: Path, data: Path) -> tuple[bool, str]:
    """Whether the account can enter the folder and start the program there; and what was said if not."""
    script = 'cd -- "$2" && exec "$1" --version'
    command = [*account.prefix(), "/bin/sh", "-c", script, "sh", str(probe), str(data)]
    try:
        tried = _run(command, account)
    except (OSError, subprocess.SubprocessError) as error:
        return False, str(error)
    return tried.returncode == 0, " ".join(tried.stderr.split())


def _run(command: Sequence[str], account: Account) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        **account.popen_user(),
    )


def _unprivileged(data: Path, what: str) -> tuple[int, int]:
    """User and group to run as: the owner of the data where that is not root."""
    owner = data.stat()
    if owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_uid, user.pw_gid
    raise ServiceError(
        f"{what} does not run as root, and this machine has no user {' or '.join(UNPRIVILEGED)}. "
        "Run as an ordinary user, or use outside servers (SLUICE_DATABASE_URL, SLUICE_BROKER_URL)."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
