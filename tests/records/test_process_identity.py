import os
import subprocess
import sys

import pytest

from records.process_identity import is_known_dead, process_identity


def test_a_living_process_is_not_dead_and_an_ended_one_is() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = process_identity(child.pid)
    assert not is_known_dead(identity)
    assert not is_known_dead(process_identity())
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_known_dead(identity), "a process that was killed and not waited for is dead too"
    child.wait()
    child.stdin.close()  # type: ignore[union-attr]
    assert is_known_dead(identity)


def test_another_process_with_the_same_number_is_another_process() -> None:
    mine = process_identity()
    assert is_known_dead(f"{mine.rpartition('/')[0]}/1"), "this number was given again since"


@pytest.mark.parametrize("part", [0, 1])
def test_of_another_boot_or_pid_namespace_nothing_is_known(part: int) -> None:
    parts = process_identity().split("/")
    parts[part] = "another"
    parts[3] = "1"
    assert not is_known_dead("/".join(parts))


@pytest.mark.parametrize("identity", ["", "dead", "a/b/c", "1/2/x/4"])
def test_what_is_no_identity_is_not_dead(identity: str) -> None:
    assert not is_known_dead(identity)


def test_a_process_that_has_ended_has_no_identity() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert process_identity(gone.pid) == ""
