import stat
from pathlib import Path

from stack.servers.logfile import open_log, tail


def test_a_log_is_appended_to_and_only_its_user_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "a.log"
    for line in (b"one\n", b"two\n"):
        with open_log(path) as file:
            file.write(line)
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_past_its_bound_is_moved_aside_and_the_one_before_it_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for run in range(3):
        with open_log(path, keep=10) as file:
            file.write(b"run %d " % run + b"x" * 20)
    assert path.read_bytes().startswith(b"run 2")
    assert (tmp_path / "a.log.1").read_bytes().startswith(b"run 1")
    assert len(list(tmp_path.iterdir())) == 2


def test_the_tail_is_the_last_lines_of_this_run_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("old\n" * 20_000)
    since = path.stat().st_size
    with path.open("a") as file:
        file.write("new 1\nnew 2\nnew 3\n")
    assert tail(path, lines=2) == "new 2\nnew 3"
    assert tail(path, lines=100, since=since) == "new 1\nnew 2\nnew 3"
    assert tail(tmp_path / "none.log") == ""
