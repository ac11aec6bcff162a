import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from line.errors import ServiceError
from stack.servers.home import HomeLock, make_home

HOLD = """
import sys, time
from pathlib import Path
from stack.servers.home import HomeLock
lock = HomeLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_a_new_home_cannot_be_listed_by_others(tmp_path: Path) -> None:
    home = make_home(tmp_path / "a" / "b")
    assert not home.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH)


def test_a_home_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o750)
    before = home.stat().st_mode
    assert make_home(home).stat().st_mode == before


def test_a_home_below_a_file_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="SLUICE_HOME"):
        make_home(tmp_path / "file" / "home")


def test_a_second_stack_is_told_which_process_holds_the_home(tmp_path: Path) -> None:
    with HomeLock(tmp_path), pytest.raises(ServiceError, match=rf"process {os.getpid()}\)"):
        HomeLock(tmp_path).acquire()


def test_a_released_home_can_be_taken_again(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path)
    with lock:
        assert lock.acquire().held
    assert not lock.held
    with HomeLock(tmp_path) as again:
        assert again.held


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ServiceError, match=str(holder.pid)):
            HomeLock(tmp_path).acquire()
        holder.send_signal(signal.SIGKILL)
    with HomeLock(tmp_path) as lock:
        assert lock.held
