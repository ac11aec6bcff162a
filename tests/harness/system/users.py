"""Commands of another user, in a folder of that user's own; for tests that run as root."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.command import SLUICE

NOBODY = 65534
"""An ordinary user that every machine has."""
NAMELESS = 54321
"""A user without an entry in /etc/passwd, as ``docker run --user 54321`` makes one."""

VIEW = Path("/mnt")
"""Where the open folders are made, seen by the command alone."""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))),
    reason="only root becomes another user, with util-linux",
)


@contextmanager
def folder_of(uid: int) -> Iterator[Path]:
    """A new folder that belongs to a user; gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="sluice-user-"))
    os.chown(path, uid, uid)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def give(path: Path, uid: int) -> None:
    """Let a user own a file or folder with all that lies below it."""
    for entry in (path, *path.rglob("*")):
        os.chown(entry, uid, uid)


def command_of(uid: int, *words: object) -> list[str]:
    """``sluice`` with these words as a user, without any right of root's.

    The interpreter and the project may lie where only root may pass, such as ``/root``: the command gets a view of the
    file system in which the folders above them are open.
    """
    script = "; ".join([*_opening(_needed()), 'exec "$@"'])
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
    become += ["--inh-caps=-all"]
    return ["unshare", "--mount", "sh", "-ec", script, "sh", *become, str(SLUICE), *map(str, words)]


def environment_of(home: Path, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a fresh login whose home is ``home``: no variable tells who it is."""
    passed = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**passed, "HOME": str(home), "SLUICE_HOME": str(home / "state"), **(env or {})}


def _needed() -> set[Path]:
    return {Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[3]}


def _opening(paths: Iterable[Path]) -> list[str]:
    """Shell commands that lay an open folder, which holds only ``paths``, over each closed one above them."""
    below: dict[Path, set[Path]] = {}
    for path in paths:
        closed = [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]
        if closed:
            below.setdefault(closed[0], set()).add(path)
    commands: list[str] = []
    for top, held in below.items():
        commands.append(f"mount -t tmpfs -o mode=755 view {VIEW}")
        for path in held:
            place = VIEW / path.relative_to(top)
            commands.append(f"mkdir -p {place} && mount --bind {path} {place}")
        commands.append(f"mount --rbind {VIEW} {top} && umount -l {VIEW}")
    return commands
