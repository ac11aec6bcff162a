import signal
import subprocess
import sys

import psutil
import pytest

from stack.servers import parent_death_signal
from tests.harness.waiting import PATIENCE

needs_setpriv = pytest.mark.skipif(
    parent_death_signal.setpriv() is None, reason="this machine has no setpriv"
)

PARENT = """
import subprocess, sys, time
from stack.servers.parent_death_signal import tethered
child = subprocess.Popen(tethered(["sleep", "600"]), start_new_session=True)
while open(f"/proc/{child.pid}/comm").read() != "sleep\\n":
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(600)
"""


@needs_setpriv
def test_a_tethered_child_dies_with_its_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.name() == "sleep"
        parent.send_signal(signal.SIGKILL)
    gone, alive = psutil.wait_procs([child], timeout=PATIENCE)
    assert gone or alive[0].status() == psutil.STATUS_ZOMBIE


def test_without_setpriv_the_command_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent_death_signal, "setpriv", lambda: None)
    assert parent_death_signal.tethered(["postgres", "-D", "data"]) == ["postgres", "-D", "data"]


def test_a_setpriv_that_cannot_tether_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/bin/false")
    parent_death_signal.setpriv.cache_clear()
    try:
        assert parent_death_signal.setpriv() is None
    finally:
        parent_death_signal.setpriv.cache_clear()
