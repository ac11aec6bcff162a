"""An upload is complete when submit has finished it, whatever happened on the way."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from review.cli.local_files import content_digest, local_files
from tests.harness import db_builders
from tests.harness.command import call, spawn
from tests.harness.context import scan
from tests.harness.line import Line, environment

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def large_files(folder: Path, count: int = 8) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"p{number:02}.tif").write_bytes(os.urandom(8_000_000))
    return folder


def copied(records: Line, vendor: str) -> list[Path]:
    root = Path(records.env["SLUICE_BUCKET_URL"].removeprefix("file://"))
    return list(root.glob(f"ingest/{vendor}/*/*.tif"))


def started(records: Line, upload: Path, vendor: str) -> "subprocess.Popen[str]":
    """A `sluice submit` in the middle of its copying."""
    process = spawn("submit", upload, "--vendor", vendor, env=records.env)
    deadline = time.monotonic() + 60
    while not copied(records, vendor) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return process


def test_a_submit_that_was_killed_is_gone_on_with_and_makes_one_batch(records: Line, tmp_path: Path) -> None:
    upload = large_files(tmp_path / "up")
    process = started(records, upload, "killed")
    process.kill()
    process.communicate()
    with environment({"SLUICE_QUIET_SECONDS": "0"}):
        if len(copied(records, "killed")) < 8:
            assert scan().once() == [], "half an upload is not taken"
        before = {path.name: path.stat().st_ino for path in copied(records, "killed")}
        answer = call("submit", upload, "--vendor", "killed", "--json")
        assert answer.code == 0, answer.err
        batch = json.loads(answer.out)["batch"]
        assert len(db_builders.rows(batch)) == 8
        after = {path.name: path.stat().st_ino for path in copied(records, "killed")}
        assert before.items() <= after.items(), "what was copied whole is not copied again"
        assert scan().once() == []


def test_a_submit_that_stalls_makes_one_batch(records: Line, tmp_path: Path) -> None:
    upload = large_files(tmp_path / "up")
    process = started(records, upload, "stalled")
    process.send_signal(signal.SIGSTOP)
    with environment({"SLUICE_QUIET_SECONDS": "0"}):
        taken = scan().once()
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        taken += scan().once()
    assert set(taken) <= {int(out)}
    assert len(db_builders.rows(int(out))) == 8


def test_the_same_content_is_the_same_upload_whenever_its_files_were_written(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(b"a")
    os.utime(tmp_path / "two" / "a.jpg", (1, 1))
    one, two = (content_digest(local_files(tmp_path / name)) for name in ("one", "two"))
    assert one == two
    stat = (tmp_path / "two" / "a.jpg").stat()
    (tmp_path / "two" / "a.jpg").write_bytes(b"b")
    os.utime(tmp_path / "two" / "a.jpg", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert content_digest(local_files(tmp_path / "two")) != one, "same size, same time, other content"


def test_links_are_followed_and_what_cannot_be_read_is_named_and_recorded(tmp_path: Path) -> None:
    upload = tmp_path / "up"
    upload.mkdir()
    (upload / "a.jpg").write_bytes(b"a")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "r.jpg").write_bytes(b"r")
    (upload / "caps").symlink_to("../real")
    (upload / "loop").symlink_to(".")
    (upload / "gone.jpg").symlink_to("nowhere")
    answer = call("submit", upload, "--json")
    assert answer.code == 0
    assert "2 files could not be read: gone.jpg, loop" in answer.err
    rows = {row.name: str(row.state) for row in db_builders.rows(json.loads(answer.out)["batch"])}
    assert rows == {"a.jpg": "waiting", "caps/r.jpg": "waiting", "gone.jpg": "rejected", "loop": "rejected"}


def test_names_of_any_bytes_are_taken(tmp_path: Path) -> None:
    upload = tmp_path / "up"
    upload.mkdir()
    for name in (b"SKU 4711#2", b"x" * 255, "绿色帽子.jpg".encode("gbk"), "白色衬衫.jpg".encode("gbk")):
        with open(os.fsencode(upload) + b"/" + name, "wb") as file:  # noqa: PTH123 - a name in bytes
            file.write(name)
    answer = call("submit", upload, "--json")
    assert answer.code == 0, answer.err
    rows = {row.name: row for row in db_builders.rows(json.loads(answer.out)["batch"])}
    assert rows.keys() == {"SKU 4711#2", "x" * 255, "绿色帽子.jpg", "白色衬衫.jpg"}
    assert len(rows["x" * 255].file.encode()) < 255
    assert rows["白色衬衫.jpg"].raw_name == "%B0%D7%C9%AB%B3%C4%C9%C0.jpg"


@pytest.mark.parametrize("vendor", ["a/b", "", "..", "-x", "a b"])
def test_a_vendors_name_that_is_no_folder_is_refused_and_not_renamed(tmp_path: Path, vendor: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    answer = call("submit", tmp_path, f"--vendor={vendor}")
    assert (answer.code, "a vendor's name has letters" in answer.err) == (2, True)


@pytest.mark.parametrize("out", ["out", "deep/er", "."])
def test_a_delivery_folder_inside_the_upload_is_refused(tmp_path: Path, out: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    answer = call("run", tmp_path, "--out", tmp_path / out)
    assert (answer.code, "lies inside the upload" in answer.err) == (2, True)


def test_a_delivery_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "a.jpg").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    answer = call("run", tmp_path / "up", "--out", tmp_path / "file" / "out")
    assert (answer.code, "Not a directory" in answer.err, "Traceback" in answer.err) == (2, True, False)
