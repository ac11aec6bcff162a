"""Files that crash, hang or fill their decoder are refused by a real worker, and their neighbours are delivered."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.harness.line import Line, line, photos, recipe
from tests.harness.services import Servers
from tests.plugins import broken_decoder

pytestmark = [pytest.mark.services, pytest.mark.faults]

DEEDS = {
    "photo0001.jpg": ("segfault", "decoder_died"),
    "photo0002.jpg": ("hang", "decoder_hung"),
    "photo0006.jpg": ("eat", "decoder_memory"),
    "photo0007.jpg": ("abort", "decoder_died"),
}


@pytest.fixture
def hostile(tmp_path: Path, servers: Servers) -> Iterator[Line]:
    """A line whose decoders break where a file tells them to, bounded by three seconds and 600 MB."""
    with line(tmp_path, servers, SLUICE_DECODE_SECONDS="3", SLUICE_DECODE_MEMORY="600000000") as under_test:
        under_test.env["SLUICE_PLUGINS"] = '["sabotage", "broken_decoder"]'
        yield under_test


def test_files_that_break_their_decoder_are_refused_and_their_neighbours_delivered(
    hostile: Line, tmp_path: Path
) -> None:
    upload = photos(tmp_path / "upload", 8)
    for name, (deed, _) in DEEDS.items():
        (upload / name).write_bytes(broken_decoder.branded((upload / name).read_bytes(), deed))
    hostile.start(workers=1)
    done = hostile.wait(hostile.submit(upload, recipe(tmp_path / "plain.toml")))
    assert done["by_state"] | {"delivered": 4, "rejected": 4} == done["by_state"]
    rows = hostile.rows(done["batch"])
    assert {row.name: row.reason for row in rows if row.state == "rejected"} == {
        name: reason for name, (_, reason) in DEEDS.items()
    }
    admitted = [step for step in hostile.steps(done["batch"]) if step.transform == "admit"]
    assert len(admitted) == 8, "each is looked at once: no worker died, nothing was tried again"


def test_a_decoder_killed_from_outside_costs_no_picture(hostile: Line, tmp_path: Path) -> None:
    hostile.start(workers=1)
    batch = hostile.submit(photos(tmp_path / "upload", 40), recipe(tmp_path / "plain.toml"))
    worker = next(process.pid for name, process in hostile.processes.items() if "scheduler" not in name)
    assert worker is not None
    for decoder in hostile.until(lambda: decoders(worker), "a decoder is at work"):
        decoder.kill()
    assert hostile.wait(batch)["by_state"]["delivered"] == 40


def decoders(worker: int) -> list[psutil.Process]:
    """The decoders below a worker."""
    decoders = []
    for process in psutil.Process(worker).children(recursive=True):
        try:
            if any("broken_decoder" in word for word in process.cmdline()):
                decoders.append(process)
        except psutil.NoSuchProcess:
            continue
    return decoders
