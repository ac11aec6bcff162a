import json
from pathlib import Path

from stack.servers.home import HomeLock
from worker.running_line import running_broker


def test_the_broker_of_a_line_that_is_up_is_found_and_one_of_a_crash_is_not(tmp_path: Path) -> None:
    assert running_broker(tmp_path) is None
    (tmp_path / "stack.json").write_text(json.dumps({"broker_url": "redis://:secret@127.0.0.1:1/0"}))
    with HomeLock(tmp_path):
        assert running_broker(tmp_path) == "redis://:secret@127.0.0.1:1/0"
    assert running_broker(tmp_path) is None
    (tmp_path / "stack.json").write_text("{")
    with HomeLock(tmp_path):
        assert running_broker(tmp_path) is None
