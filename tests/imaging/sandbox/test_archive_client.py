import io
import os
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from imaging.archives.entry import ArchiveError, ArchiveLimits
from imaging.archives.reader import entries
from imaging.refusal import RefusedError
from imaging.sandbox.archive_client import Unpacker, sandboxed_entries
from imaging.sandbox.archive_server import DATA, END, ENTRY, FRAME
from line.errors import ServiceError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/größe 靴.jpg", b"1" * 300_000)
        file.writestr("../b.jpg", b"2")
        file.writestr("c.bmp", bytes(60_000_000))
        file.writestr("d.jpg", b"")
        file.writestr("e.jpg", os.urandom(200_000))
    return path


def contents(listed: Any) -> list[Any]:
    """What came out, in order: name, size, and the bytes or why there are none."""
    contents_listed = []
    for entry in listed:
        try:
            data = entry.refusal.reason if entry.refusal else b"".join(entry.chunks())
        except RefusedError as refusal:
            data = (refusal.reason, refusal.sentence)
        contents_listed.append((entry.name, entry.size, data))
    return contents_listed


def test_what_comes_out_is_what_comes_out_here(archive: Path) -> None:
    here = contents(entries(io.BytesIO(archive.read_bytes())))
    assert contents(sandboxed_entries(archive)) == here
    assert [data[0] if isinstance(data, tuple) else data for _, _, data in here][1:4] == [
        "outside_path",
        "ratio",
        b"",
    ]


def test_entries_that_nobody_reads_are_passed_over(archive: Path) -> None:
    assert [entry.name for entry in sandboxed_entries(archive)][-1] == "e.jpg"


def test_the_archive_as_a_whole_is_refused_with_its_reason(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="5 files"):
        list(sandboxed_entries(archive, ArchiveLimits(max_entries=4)))
    (tmp_path / "b.zip").write_bytes(b"hello")
    with pytest.raises(ArchiveError, match="cannot be opened as a zip"):
        list(sandboxed_entries(tmp_path / "b.zip"))


def breaking(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    """Make the process that opens archives do something else."""
    script = f"import json, os, sys, time; from imaging.sandbox.archive_server import *; {deed}"
    monkeypatch.setattr(Unpacker, "command", (sys.executable, "-P", "-c", script))


@pytest.mark.parametrize(
    ("deed", "error", "message"),
    [
        ("os.abort()", ArchiveError, "broke the process"),
        ("sys.exit(1)", ArchiveError, "broke the process"),
        ("time.sleep(60)", ArchiveError, "gave nothing for 0.8 seconds"),
        (
            "confine(50_000_000); frame(sys.stdout.buffer, END, bytes(10**9))",
            ArchiveError,
            "broke the process",
        ),
        (f"os.kill(os.getpid(), {int(signal.SIGKILL)})", ServiceError, "killed from outside"),
        ("frame(sys.stdout.buffer, DATA, b'x')", ArchiveError, "nonsense"),
        ("frame(sys.stdout.buffer, ENTRY, json.dumps({'name': ''}).encode())", ArchiveError, "nonsense"),
        ("os.write(1, FRAME.pack(END, 2**31))", ArchiveError, "nonsense"),
    ],
)
def test_an_archive_that_breaks_the_process_is_refused(
    archive: Path, monkeypatch: pytest.MonkeyPatch, deed: str, error: Any, message: str
) -> None:
    breaking(monkeypatch, deed)
    with pytest.raises(error, match=message):
        list(sandboxed_entries(archive, seconds=0.8 if "sleep" in deed else 30))


def test_a_process_that_gives_more_than_it_may_is_not_believed(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"name": "a.jpg", "size": 1}
    head = FRAME.pack(ENTRY, len(str(entry))) + str(entry).replace("'", '"').encode()
    data = FRAME.pack(DATA, 1000) + bytes(1000)
    breaking(monkeypatch, f"os.write(1, {head!r} + {data!r} * 3 + {FRAME.pack(END, 0)!r})")
    with pytest.raises(ArchiveError, match="more bytes than are taken"):
        contents(sandboxed_entries(archive, ArchiveLimits(max_entry_bytes=2500)))


def test_the_process_ends_with_whom_it_works_for(archive: Path) -> None:
    listed: Any = sandboxed_entries(archive)
    next(listed)
    process = listed.gi_frame.f_locals["unpacker"]._confined.process
    listed.close()
    assert process.returncode == -signal.SIGKILL
